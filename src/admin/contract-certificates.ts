/** Certificates that Postern trusts, and those that it shows. Times are ms since 1970. */
import { z } from 'zod';
import { host } from '../settings/schema-values.ts';

const time = z.number();
const text = z.string();

export const certificateSchema = z.object({
  subject: text,
  issuer: text,
  name: text,
  hosts: z.array(text).readonly(),
  validFrom: time,
  validTo: time,
  fingerprint256: text,
  serialNumber: text,
  key: text,
  selfSigned: z.boolean(),
  kind: z.enum(['authority', 'server']),
});

export const trustAnchorSchema = certificateSchema.extend({
  /** To remove it with: the fingerprint without colons, in small letters; behind it @ and the host, where it is for one only. */
  id: text,
  /** Name of the file that holds it. */
  file: text,
  /** Trusted for this host only; for any if absent. */
  host: text.optional(),
  /** It lies in the directory of the checkout or is read-only, and is removed there by hand. */
  fixed: z.boolean(),
});
export const trustAnchorsSchema = z.object({
  trustAnchors: z.array(trustAnchorSchema).readonly(),
  /** Files in certs/ that are not used, and why. */
  unusable: z.array(z.object({ file: text, reason: text, remedy: text.optional() })).readonly(),
});

export const trustAnchorRequestSchema = z.strictObject({
  /** PEM text, or DER or PKCS#7 in base64. */
  certificate: z
    .string()
    .min(1, { error: 'is empty' })
    .max(512 * 1024, { error: 'is larger than 512 KiB' }),
  /** Start of the file's name; made from the certificate if absent. */
  name: z
    .string()
    .regex(/^[\w.-]{1,64}$/, { error: 'is not a plain file name' })
    .optional(),
  /** Trusted for this host only, whatever names it has; for every host that it names if absent. */
  host: host.optional(),
});

export const trustAnchorAnswerSchema = z.object({
  imported: z
    .array(
      z.object({
        name: text,
        subject: text,
        issuer: text,
        validFrom: time,
        validTo: time,
        fingerprint256: text,
        kind: text,
        known: z.boolean(),
        /** To remove it with. */
        id: text,
        /** Trusted for this host only. */
        host: text.optional(),
      }),
    )
    .readonly(),
});

/** Asks a server for its certificates. Nothing is trusted by that. */
export const fetchRequestSchema = z.strictObject({
  host,
  port: z
    .int({ error: 'is not a port' })
    .min(1, { error: 'is not a port' })
    .max(65_535, { error: 'is not a port' }),
  /** `starttls`: SMTP that changes over; `tls`: SMTP or HTTPS, TLS from the first byte. */
  security: z.enum(['starttls', 'tls'], { error: 'is neither starttls nor tls' }),
});
export const fetchAnswerSchema = z.object({
  /** As shown by the server, its own first; issuers that it left out are not there. */
  chain: z.array(certificateSchema.extend({ pem: text })).readonly(),
  /** TLS version and cipher. */
  protocol: text.optional(),
  /** The system or the imported trust anchors vouch for it already. */
  trusted: z.boolean(),
  /** It is for the host that was asked; where it is not, it can be trusted for that host only. */
  nameMatches: z.boolean(),
  /** What is wrong with it, in words; empty where nothing is. */
  problems: z.array(z.object({ text, remedy: text.optional() })).readonly(),
  /** Number in `chain` of the one to trust: the topmost authority, or the server's own. */
  recommended: z.number().optional(),
});

export const serverCertificateSchema = z.object({
  /** As listeners and the admin name it. */
  name: text,
  /** Absent where it cannot be used; `problem` says why. */
  certificate: certificateSchema.optional(),
  /** Certificates behind the first. */
  chain: z.array(certificateSchema).readonly(),
  problem: text.optional(),
  remedy: text.optional(),
  /** Made by Postern, renewed by itself. */
  own: z.boolean(),
  /** Listeners that show it, and `admin`. */
  usedBy: z.array(text).readonly(),
});
export const serverCertificatesSchema = z.object({
  certificates: z.array(serverCertificateSchema).readonly(),
});

/** Name of a stored certificate. */
export const certificateName = z
  .string()
  .regex(/^[\p{L}\p{N}_][\p{L}\p{N}_. -]{0,63}$/u, { error: 'is not a plain name of at most 64 characters' });
const fileText = z
  .string()
  .min(1, { error: 'is empty' })
  .max(768 * 1024, { error: 'is larger than 768 KiB' });

/** A PEM pair, or PKCS#12 in base64 with its password. */
export const serverCertificateRequestSchema = z.strictObject({
  /** PEM chain, or PKCS#12 (base64). */
  certificate: fileText,
  /** PEM key; absent with PKCS#12, or where the key of a request made here is meant. */
  key: fileText.optional(),
  password: z.string().max(1024, { error: 'is longer than 1024 characters' }).optional(),
});
export const savedServerCertificateSchema = z.object({
  certificate: serverCertificateSchema,
  /** What is odd, but no reason to refuse it: a name that no listener has, a chain that lacks its issuer. */
  warnings: z.array(text).readonly(),
});

/** Makes a key with a self-signed certificate for these names, and a request for an authority. */
export const makeCertificateSchema = z.strictObject({
  name: certificateName,
  hosts: z
    .array(z.string().min(1, { error: 'is empty' }).max(253, { error: 'is longer than 253 characters' }))
    .min(1, { error: 'is empty' })
    .max(20, { error: 'has more than 20 names' }),
  /** Kind of the key; `ec` if absent. Some old devices know RSA only. */
  key: z.enum(['ec', 'rsa'], { error: 'is neither ec nor rsa' }).optional(),
  /** In place of one of this name that Postern did not make. */
  replace: z.boolean().optional(),
});
export const serverCertificateParamsSchema = z.strictObject({ name: certificateName });
export const trustAnchorParamsSchema = z.strictObject({
  id: z
    .string()
    .regex(/^[0-9a-f]{64}(?:@[0-9a-z._:-]{1,253})?$/, { error: 'is not the id of a trust anchor' }),
});
/** PKCS#10 in PEM (RFC 2986); the key stays here and waits for the certificate. */
export const certificateRequestAnswerSchema = z.object({ request: text });

export type CertificateAnswer = z.output<typeof certificateSchema>;
export type TrustAnchorAnswer = z.output<typeof trustAnchorSchema>;
export type ServerCertificateAnswer = z.output<typeof serverCertificateSchema>;
export type FetchedChain = z.output<typeof fetchAnswerSchema>;
export type SavedServerCertificate = z.output<typeof savedServerCertificateSchema>;
export type TrustAnchorsAnswer = z.output<typeof trustAnchorsSchema>;
export type ImportedAnswer = z.output<typeof trustAnchorAnswerSchema>;
