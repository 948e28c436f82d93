import { parseAllDocuments } from 'yaml';
import { isList, isObject, objectAt, textAt } from '../../api/http/json.ts';
import type { TwinPatch } from '../manifest.ts';
import type { Machine } from '../machine.ts';
import type { Call } from './call.ts';

/** Value of `--name VALUE` or `--name=VALUE`; null where it is absent or empty. */
export function option(args: readonly string[], name: string): string | null {
  const joined = args.find((word) => word.startsWith(`${name}=`));
  if (joined !== undefined) return joined.slice(name.length + 1) || null;
  const at = args.indexOf(name);
  return at < 0 ? null : args[at + 1] || null;
}

/** Objects of a configuration file by their kind. */
export function readConfigFile({ files }: Machine, path: string): ReadonlyMap<string, unknown> {
  const documents = parseAllDocuments(files.read(path) ?? '');
  if (!isList(documents)) return new Map();
  return new Map(documents.flatMap((document): [string, unknown][] => {
    const object: unknown = document.toJS();
    return isObject(object) ? [[textAt(object, 'kind') ?? '', object]] : [];
  }));
}

/** Patches that `kubeadm upgrade` is given, by its flag or in the file of `--config`. */
export function givenPatches({ machine, args }: Call): readonly TwinPatch[] {
  const config = option(args, '--config');
  const written = config === null ? undefined : readConfigFile(machine, `${machine.root}${config}`).get('UpgradeConfiguration');
  const folder = option(args, '--patches') ?? textAt(objectAt(objectAt(written, args.includes('apply') ? 'apply' : 'node'), 'patches'), 'directory');
  return folder === null || folder === undefined ? [] : patchesIn(machine, `${machine.root}${folder}`);
}

export function patchesIn({ files }: Machine, folder: string): readonly TwinPatch[] {
  return files.list(folder).map((name) => ({ name, text: files.read(`${folder}/${name}`) ?? '' }));
}
