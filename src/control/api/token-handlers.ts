/** Tokens: made, listed, ended. */
import { createToken, revokeToken, tokenView } from '../access/tokens.ts';
import type { Services } from '../services.ts';
import type { Handlers } from './handlers.ts';

type Names = 'token.list' | 'token.create' | 'token.revoke';

export const tokenHandlers = ({ store }: Services): Handlers<Names> => ({
  'token.list': () => store.tokens.list().map(tokenView),
  'token.create': ({ body }) => createToken(store, body),
  'token.revoke': ({ params: { name } }) => revokeToken(store, name),
});
