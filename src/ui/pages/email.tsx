/** E-mail configuration: the list with what all upstreams share, a new upstream, or one of them. */
import { useRoute } from 'preact-iso';
import { EmailList } from './email/email-list.tsx';
import { UpstreamPage } from './email/upstream-page.tsx';

export function EmailPage() {
  const { path, params } = useRoute();
  if (path === '/email/new') return <UpstreamPage key="new" name={undefined} />;
  const name = params['name'];
  return name === undefined ? <EmailList /> : <UpstreamPage key={name} name={name} />;
}
