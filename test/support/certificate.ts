import { generateKeyPairSync, sign } from 'node:crypto';

/**
 * A self-signed certificate and its key as PEM, made in DER by hand (RFC 5280) because Node has
 * nothing for it and slim images have no openssl.
 *
 * @param hostName the one name it is valid for
 * @param days until it ends; it began a day ago, or earlier when it has ended
 */
export function selfSignedCertificate(
  hostName: string,
  days = 1,
): { certificate: string; key: string } {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const ecdsaWithSha256 = sequence(oid('2a8648ce3d040302'));
  const name = sequence(set(sequence(oid('550403'), element(0x0c, Buffer.from(hostName)))));
  const dayMs = 86_400_000;
  const validity = sequence(
    time(Date.now() - Math.max(1, -2 * days) * dayMs),
    time(Date.now() + days * dayMs),
  );
  const altName = sequence(element(0x82, Buffer.from(hostName)));
  const isAuthority = sequence(element(0x01, Buffer.from([0xff])));
  const extensions = sequence(
    sequence(oid('551d13'), element(0x01, Buffer.from([0xff])), element(0x04, isAuthority)),
    sequence(oid('551d11'), element(0x04, altName)),
  );
  const body = sequence(
    element(0xa0, integer(2)),
    integer(1),
    ecdsaWithSha256,
    name,
    validity,
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    element(0xa3, extensions),
  );
  const signature = element(
    0x03,
    Buffer.concat([Buffer.from([0]), sign('sha256', body, privateKey)]),
  );
  const der = sequence(body, ecdsaWithSha256, signature);
  const lines = der.toString('base64').replace(/.{64}/g, '$&\n');
  return {
    certificate: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

function element(tag: number, content: Buffer): Buffer {
  const length = content.length;
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), content]);
  return Buffer.concat([Buffer.from([tag, 0x82, length >> 8, length & 0xff]), content]);
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return element(0x30, Buffer.concat(parts));
}

function set(...parts: readonly Buffer[]): Buffer {
  return element(0x31, Buffer.concat(parts));
}

function integer(value: number): Buffer {
  return element(0x02, Buffer.from([value]));
}

function oid(hex: string): Buffer {
  return element(0x06, Buffer.from(hex, 'hex'));
}

/** A UTCTime: right until 2049. */
function time(ms: number): Buffer {
  const text = new Date(ms)
    .toISOString()
    .replace(/[-:T]|\.\d+/g, '')
    .slice(2);
  return element(0x17, Buffer.from(text));
}
