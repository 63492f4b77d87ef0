/** Routes of the signed records of moves. */
import { z } from 'zod';
import { viewer } from '../access.ts';
import { envelopeSchema } from '../dsse.ts';
import { route } from './route.ts';

export const proofKeySchema = z.object({
  keyId: z.string().describe('SHA-256 of the public key'),
  publicKey: z.string().describe('PEM, SubjectPublicKeyInfo'),
});

export const proofRoutes = {
  'op.proof': route('GET /operations/:id/proof', 200, 'The signed record of a migration', envelopeSchema, {
    needs: viewer,
    params: z.object({ id: z.string() }),
  }),
  'proof.key': route('GET /proof/key', 200, 'The public key that records are signed with', proofKeySchema, {
    needs: viewer,
  }),
} as const;
