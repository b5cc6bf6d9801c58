/** Text as a machine wrote it: replies, headers, fingerprints; scrolls by itself. */
export function CodeBlock({ text, label }: { readonly text: string; readonly label: string }) {
  return (
    <pre class="code-block" role="group" aria-label={label} tabIndex={0}>
      <code>{text}</code>
    </pre>
  );
}
