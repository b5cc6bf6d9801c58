/*
 * Pieces of a large attachment, in their order, each below 4 MB; the address itself is the permission (“Attach large files to Outlook
 * messages or events”).
 */
import express, { type Express } from 'express';
import type { ProviderContext } from '../serve-provider.ts';
import { bytesOf, pathPart } from '../web.ts';
import type { Drafts } from './graph-drafts.ts';
import { failGraph } from './graph-error.ts';

const MAX_PIECE = 4 * 1024 * 1024;
const MAX_FILE = 150 * 1024 * 1024;

/** Adds them to the app. */
export function graphUploads(app: Express, { world }: ProviderContext, drafts: Drafts): void {
  app.put(
    '/api/upload/:id',
    express.raw({ type: () => true, limit: MAX_PIECE, inflate: false }),
    (request, response) => {
      const upload = drafts.findUpload(pathPart(request, 'id'));
      if (upload === undefined) {
        return failGraph(response, world.clock, 404, 'itemNotFound', 'The upload session was not found.');
      }
      const piece = bytesOf(request);
      const [, from, to, size] = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(request.get('content-range') ?? '') ?? [];
      const right =
        Number(from) === upload.received &&
        Number(to) === upload.received + piece.length - 1 &&
        Number(size) === upload.size &&
        upload.size <= MAX_FILE;
      if (!right) {
        return failGraph(
          response,
          world.clock,
          416,
          'invalidRange',
          'The uploaded fragment is not the one that is expected next.',
        );
      }
      upload.chunks.push(piece);
      upload.received += piece.length;
      if (upload.received < upload.size) {
        response.status(200).json({ nextExpectedRanges: [`${upload.received}-`] });
        return;
      }
      drafts.endUpload(upload);
      response.status(201).set('Location', `/attachments/${upload.id}`).end();
    },
  );
}
