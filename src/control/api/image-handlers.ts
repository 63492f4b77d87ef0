/** Images. */
import { BlanketError } from '../../wire/errors.ts';
import type { Services } from '../services.ts';
import { importImage, removeImageFile } from '../storage/image-store.ts';
import type { Handlers } from './handlers.ts';
import { imageView } from './views.ts';

type Names = 'image.list' | 'image.show' | 'image.import' | 'image.remove';

export const imageHandlers = ({ store, paths }: Services): Handlers<Names> => ({
  'image.list': () => store.images.list().map(imageView),
  'image.show': ({ params: { name } }) => imageView(store.images.get(name)),
  async 'image.import'({ body: { name, path } }) {
    const known = store.images.find(name);
    const record = await importImage(paths.state, name, path);
    // the same file under the same name once more is no mistake
    if (known?.digest !== record.digest) store.images.insert(record);
    return imageView(store.images.get(name));
  },
  async 'image.remove'({ params: { name } }) {
    const { digest } = store.images.get(name);
    const users = store.guests.list().filter((guest) => guest.digest === digest);
    if (users.length > 0) {
      throw new BlanketError('image.in-use', `${users.length} guest(s) use the image ${name}.`, {
        kind: 'conflict',
        next: `Remove them first: ${users.map((guest) => guest.name).join(', ')}.`,
        data: { image: name },
      });
    }
    store.images.remove(name);
    const shared = store.images.list().some((image) => image.digest === digest);
    if (!shared) await removeImageFile(paths.state, digest);
    return {};
  },
});
