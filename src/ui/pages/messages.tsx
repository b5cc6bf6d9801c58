/** Queue and journal: all messages, or one of them. */
import { useRoute } from 'preact-iso';
import { MessageList } from './messages/message-list.tsx';
import { MessageView } from './messages/message-view.tsx';

export function MessagesPage() {
  const id = useRoute().params['id'];
  return id === undefined || id === '' ? <MessageList /> : <MessageView key={id} id={id} />;
}
