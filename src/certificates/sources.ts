/** The certificates that other servers are checked against: the system's and the imported trust anchors. */
export interface TrustAnchors {
  /**
   * PEM certificates, system roots included, that count for a server with these names (the host that is dialled, the name that is
   * expected); without names, those that count for every server. The same array for the same names until something changes.
   */
  authorities(...hosts: readonly string[]): readonly string[];
  /**
   * An administrator chose exactly this certificate (SHA-256 fingerprint, `AB:CD:…`) for one of these hosts: it is accepted there
   * whatever names it has, as long as it is valid.
   */
  isPinned(fingerprint256: string, ...hosts: readonly string[]): boolean;
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
