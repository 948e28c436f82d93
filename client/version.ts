import { readFileSync } from 'node:fs';

/** Version of this package. The sources and the built files lie at different depths below package.json. */
export function packageVersion(): string {
  for (const place of ['../package.json', '../../package.json']) {
    const version = versionIn(new URL(place, import.meta.url));
    if (version !== null) return version;
  }
  return 'unknown';
}

function versionIn(file: URL): string | null {
  try {
    const content: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return typeof content === 'object' && content !== null && 'version' in content ? String(content.version) : null;
  } catch {
    return null;
  }
}

export function versionText(): string {
  return `capstan ${packageVersion()} on Node ${process.versions.node}`;
}
