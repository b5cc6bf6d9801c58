/** Why content is not taken, with the reply that the client gets; inbound/ sends it as it is. */
export class IntakeRefusal extends Error {
  /** SMTP reply code. */
  readonly code: 550 | 552;
  /** Enhanced status code (RFC 3463). */
  readonly enhanced: string;
  /** One sentence that an administrator understands. */
  readonly text: string;

  constructor(code: 550 | 552, enhanced: string, text: string) {
    super(`${code} ${enhanced} ${text}`);
    this.name = 'IntakeRefusal';
    this.code = code;
    this.enhanced = enhanced;
    this.text = text;
  }
}
