/**
 * The certificates in the order in which a server sent them, read along from the bytes of a TLS handshake up to version 1.2
 * (RFC 5246 section 7.4.2): there they travel in clear, and libraries that sort them afterwards hide a wrong order. From TLS 1.3 on
 * they are encrypted, and the order matters to nobody. Pure and bounded.
 */
export interface SentCertificates {
  /** The next bytes from the server. */
  read(piece: Uint8Array): void;
  /** DER, the server's own first if it keeps to the rules; undefined where they were not seen in clear. */
  list(): readonly Uint8Array[] | undefined;
}

const HANDSHAKE = 22;
const CERTIFICATE = 11;
const MOST_BYTES = 100 * 1024;
const MOST_CERTIFICATES = 20;
const RECORD_HEAD = 5;
const MESSAGE_HEAD = 4;

/** Reads along until the certificates have come, or are not to be expected any more. */
export function readSentCertificates(): SentCertificates {
  let wire = Buffer.alloc(0);
  let messages = Buffer.alloc(0);
  let found: readonly Uint8Array[] | undefined;
  let over = false;

  /** Takes whole records off the wire; anything but a handshake is encrypted, or the end of what is sent in clear. */
  function takeRecords(): void {
    while (!over && wire.length >= RECORD_HEAD) {
      const end = RECORD_HEAD + wire.readUInt16BE(3);
      if (wire[0] !== HANDSHAKE) over = true;
      if (over || wire.length < end) return;
      messages = Buffer.concat([messages, wire.subarray(RECORD_HEAD, end)]);
      wire = wire.subarray(end);
    }
  }

  function takeMessages(): void {
    while (!over && messages.length >= MESSAGE_HEAD) {
      const end = MESSAGE_HEAD + messages.readUIntBE(1, 3);
      if (messages.length < end) return;
      if (messages[0] === CERTIFICATE) {
        found = certificatesIn(messages.subarray(MESSAGE_HEAD, end));
        over = true;
      }
      messages = messages.subarray(end);
    }
  }

  return {
    read(piece) {
      if (over) return;
      wire = Buffer.concat([wire, piece]);
      if (wire.length + messages.length > MOST_BYTES) over = true;
      takeRecords();
      takeMessages();
    },
    list: () => found,
  };
}

function certificatesIn(message: Buffer): readonly Uint8Array[] | undefined {
  const found: Uint8Array[] = [];
  let offset = 3;
  while (offset + 3 <= message.length && found.length < MOST_CERTIFICATES) {
    const end = offset + 3 + message.readUIntBE(offset, 3);
    if (end > message.length) return undefined;
    found.push(Buffer.from(message.subarray(offset + 3, end)));
    offset = end;
  }
  return found.length === 0 ? undefined : found;
}
