import type { Machine } from '../machine.ts';

/** `say_copies` of check-host: the files of the kubelet's folder that are of kubeadm's component. */
export function copiesOf({ files }: Machine, folder: string, component: string): readonly string[] {
  return files.list(folder).filter((name) => !name.startsWith('.')).map((name) => `${folder}/${name}`)
    .filter((file) => files.isFile(file) && (file === `${folder}/${component}.yaml` || namesPod(component, files.read(file) ?? '')));
}

function namesPod(component: string, text: string): boolean {
  const inBlock = new RegExp(String.raw`^ +["']?name["']?: *["']?${component}["']?(\s.*)?$`);
  const inBraces = new RegExp(String.raw`metadata["']?: *\{((\{[^{}]*\}|[^{}])*["' ,])?["']?name["']?: *["']?${component}["']?[ ,}]`);
  return metadataLines(text).some((line) => inBlock.test(line)) || inBraces.test(text.replaceAll('\n', ' '));
}

/** From `metadata:` at the margin to the next line at the margin. */
function metadataLines(text: string): readonly string[] {
  let isInside = false;
  return text.split('\n').filter((line) => {
    isInside = isInside ? !/^[^ #]/.test(line) : line.startsWith('metadata:');
    return isInside;
  });
}
