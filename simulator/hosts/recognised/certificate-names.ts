/** True where the first certificate of the file has the name `system:node:NODE`, which stands in it behind its length. */
export function certificateNames(pem: string | null, node: string): boolean {
  const body = /-----BEGIN CERTIFICATE-----\n([^-]*)-----END CERTIFICATE-----/.exec(pem ?? '')?.[1];
  if (body === undefined) return false;
  const name = `system:node:${node}`;
  return Buffer.from(body, 'base64').includes(Buffer.concat([Buffer.from([name.length & 255]), Buffer.from(name)]));
}
