import test from 'ava';
import { z } from 'zod';
import { factsSchema } from '../../src/blanket-drivers/facts.ts';
import { readingsSchema } from '../../src/wire/host-facts.ts';
import { recorded } from '../blanket-drivers/machines.ts';

/** As JSON Schema, without what only documents it or fills it in. */
const shapeOf = (schema: z.ZodType): unknown =>
  JSON.parse(JSON.stringify(z.toJSONSchema(schema), (key, value) => (key === 'default' ? undefined : value)));

test("the contract's readings have the shape of the drivers' facts", (t) => {
  t.deepEqual(shapeOf(readingsSchema), shapeOf(factsSchema));
});

test('recorded machines pass the contract unchanged', (t) => {
  for (const { name, facts } of recorded) t.deepEqual(readingsSchema.strict().parse(facts), facts, name);
});
