/** Clouds, and the ways between the local ones. */
import { BlanketError } from '../../wire/errors.ts';
import type { Link } from '../../wire/resources.ts';
import { localLinks } from '../clouds/local.ts';
import { openCloud } from '../clouds/registry.ts';
import { cloudOf, type Services } from '../services.ts';
import type { Handlers } from './handlers.ts';
import { cloudView } from './views.ts';

const CHECK_TIMEOUT_MS = 30_000;

type Names = 'cloud.list' | 'cloud.show' | 'cloud.add' | 'cloud.remove' | 'link.list' | 'link.set';

export const cloudHandlers = (services: Services): Handlers<Names> => {
  const { store, paths } = services;
  return {
    'cloud.list': () => store.clouds.list().map((cloud) => cloudView(store, cloud)),
    'cloud.show': ({ params: { name } }) => cloudView(store, store.clouds.get(name)),
    async 'cloud.add'({ body: { name, type, config } }) {
      await openCloud(type, name, config, paths).check(AbortSignal.timeout(CHECK_TIMEOUT_MS));
      store.clouds.insert({ name, type, config, createdAt: new Date().toISOString() });
      return cloudView(store, store.clouds.get(name));
    },
    async 'cloud.remove'({ params: { name } }) {
      const { hosts } = cloudView(store, store.clouds.get(name));
      if (hosts > 0) {
        throw new BlanketError('cloud.in-use', `${name} has ${hosts} host(s).`, {
          kind: 'conflict',
          next: 'Remove them first: see `blanket host list`.',
          data: { cloud: name, hosts },
        });
      }
      await cloudOf(services, name).destroy();
      store.clouds.remove(name);
      return {};
    },
    'link.list': () => everyLink(services),
    async 'link.set'({ body }) {
      const { clouds, ...settings } = body;
      for (const name of clouds) store.clouds.get(name);
      await localLinks.set(paths, ...clouds, settings);
      return body;
    },
  };
};

/** Every pair of local clouds, with the settings that hold between them. */
async function everyLink({ store, paths }: Services): Promise<Link[]> {
  const names = store.clouds
    .list()
    .filter(({ type }) => type === 'local')
    .map(({ name }) => name);
  const pairs = names.flatMap((a, i) => names.slice(i + 1).map((b): [string, string] => [a, b]));
  return Promise.all(pairs.map(async (clouds) => ({ clouds, ...(await localLinks.find(paths, ...clouds)) })));
}
