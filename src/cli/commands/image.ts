/** `blanket image …` */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { Image } from '../../wire/resources.ts';
import { type Cli, printRemoved } from '../cli.ts';
import { examples, nameArgument } from '../command.ts';
import { needHere } from '../contexts/here.ts';
import { list, one } from '../print/format.ts';
import type { Column, Field } from '../print/table.ts';
import { ageText, bytesText } from '../print/units.ts';

/** Control reads and hashes the whole file before it answers. */
const importMs = 30 * 60_000;

const columns: Column<Image>[] = [
  { title: 'NAME', value: (image) => image.name },
  { title: 'DIGEST', value: (image) => image.digest.slice(0, 'sha256:'.length + 12) },
  { title: 'SIZE', value: (image) => bytesText(image.bytes), align: 'right' },
  { title: 'VIRTUAL', value: (image) => bytesText(image.virtualBytes), align: 'right' },
  { title: 'AGE', value: (image) => ageText(image.createdAt), align: 'right' },
];

const fields = (image: Image): Field[] => [
  ['name', image.name],
  ['digest', image.digest],
  ['size', bytesText(image.bytes)],
  ['virtual size', bytesText(image.virtualBytes)],
  ['created', image.createdAt],
];

export function addImageCommands(program: Command, cli: Cli): void {
  const image = program.command('image').description('base disks that guests are made from');
  const add = image
    .command('import')
    .description('take a disk file in as an image')
    .addArgument(nameArgument('name', 'name of the new image'))
    .argument('<path>', 'a qcow2 file without a backing file, on this machine')
    .option('--on-control', 'the path is one of the machine of control, where that is another')
    .action(async (name: string, path: string, options: { onControl?: true }) => {
      if (options.onControl !== true) {
        const next = 'Copy it to the machine of control, and give its path there with --on-control.';
        needHere(cli, 'It takes no files over the network yet.', next);
      }
      const body = { name, path: options.onControl === true ? path : resolve(path) };
      const taken = await (await cli.client()).call('image.import', { body }, { timeoutMs: importMs });
      cli.print(one(cli.format, taken, fields(taken)));
    });
  examples(
    add,
    'blanket image import counter ./counter.qcow2',
    'blanket --context prod image import counter /srv/counter.qcow2 --on-control',
  );
  image
    .command('list')
    .description('list the images')
    .action(async () => {
      const images = await (await cli.client()).call('image.list');
      cli.print(list(cli.format, images, columns));
      if (images.length === 0) cli.note('No images yet. Next: blanket image import NAME PATH');
    });
  image
    .command('show')
    .description('show one image')
    .addArgument(nameArgument('name', 'name of the image'))
    .action(async (name: string) => {
      const shown = await (await cli.client()).call('image.show', { params: { name } });
      cli.print(one(cli.format, shown, fields(shown)));
    });
  image
    .command('remove')
    .description('remove an image that no guest uses')
    .addArgument(nameArgument('name', 'name of the image'))
    .action(async (name: string) => {
      await (await cli.client()).call('image.remove', { params: { name } });
      printRemoved(cli, 'image', name);
    });
}
