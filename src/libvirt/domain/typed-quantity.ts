import { XdrError } from '../errors.ts';
import type { TypedParameter } from '../typed-parameters.ts';

/** A parameter that is a 64-bit quantity. @throws XdrError when the number is not whole or negative. */
export function typedQuantity(field: string, value: number): TypedParameter {
  if (!Number.isSafeInteger(value) || value < 0)
    throw new XdrError(`${field}: ${value} is not a whole quantity.`);
  return { field, type: 'ullong', value: BigInt(value) };
}
