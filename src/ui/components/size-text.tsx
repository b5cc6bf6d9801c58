/** A size as people say it, with the bytes on hover. */
import { sizeText } from '../format.ts';
import { t } from '../words/words.ts';

export function SizeText({ bytes }: { readonly bytes: number }) {
  return <span title={t('common.bytes', { count: bytes })}>{sizeText(bytes)}</span>;
}
