/*
 * Drafts and their upload sessions (“Attach large files to Outlook messages”), for each mailbox. Bounded; the oldest are forgotten.
 */
import { randomBytes } from 'node:crypto';
import { BoundedMap } from '../bounded-map.ts';
import type { GraphAttachment } from './graph-message.ts';

export interface Draft {
  readonly id: string;
  readonly mailbox: string;
  message: Buffer;
  readonly attachments: GraphAttachment[];
}

export interface Upload {
  readonly id: string;
  readonly draft: Draft;
  readonly name: string;
  readonly contentType: string;
  readonly size: number;
  readonly chunks: Buffer[];
  received: number;
}

export interface Drafts {
  add(mailbox: string, message: Buffer, attachments: readonly GraphAttachment[]): Draft;
  find(mailbox: string, id: string): Draft | undefined;
  remove(draft: Draft): void;
  startUpload(draft: Draft, file: Pick<Upload, 'name' | 'contentType' | 'size'>): Upload;
  findUpload(id: string): Upload | undefined;
  endUpload(upload: Upload): void;
}

const MAX_DRAFTS = 200;

/** None at first. */
export function createDrafts(): Drafts {
  const drafts = new BoundedMap<string, Draft>(MAX_DRAFTS);
  const uploads = new BoundedMap<string, Upload>(MAX_DRAFTS);
  return {
    add(mailbox, message, attachments) {
      const id = `AAMk${randomBytes(60).toString('base64url')}=`;
      const draft: Draft = { id, mailbox, message, attachments: [...attachments] };
      drafts.set(id, draft);
      return draft;
    },
    find(mailbox, id) {
      const draft = drafts.get(id);
      return draft?.mailbox === mailbox ? draft : undefined;
    },
    remove: (draft) => void drafts.delete(draft.id),
    startUpload(draft, file) {
      const id = randomBytes(24).toString('base64url');
      const upload: Upload = { id, draft, ...file, chunks: [], received: 0 };
      uploads.set(id, upload);
      return upload;
    },
    findUpload: (id) => uploads.get(id),
    endUpload(upload) {
      uploads.delete(upload.id);
      const { name, contentType, chunks } = upload;
      upload.draft.attachments.push({ name, contentType, content: Buffer.concat(chunks) });
    },
  };
}
