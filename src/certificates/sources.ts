/** The certificates that other servers are checked against: the system's and the imported trust anchors. */
export interface TrustAnchors {
  /** PEM certificates, system roots included; the same array until something changes. */
  authorities(): readonly string[];
  onChange(callback: () => void): () => void;
}

/** A certificate of our own, for listeners and the admin. */
export interface ServerCertificate {
  /** PEM chain, leaf first. */
  readonly certificate: string;
  /** PEM private key. */
  readonly key: string;
}

export interface ServerCertificates {
  /** The certificate stored under this name; `default` is made (self-signed) when it is missing. Throws RelayError `not-found`. */
  get(name: string): Promise<ServerCertificate>;
  onChange(callback: () => void): () => void;
}
