/** What stands in empty fields, to show the form of what is wanted; the same in every language. */
export const EXAMPLES = {
  mailbox: 'relay@example.com',
  contacts: 'admin@example.com second@example.com',
  server: 'smtp.example.com',
  accessUrl: 'http://localhost:8025',
  id: '00000000-0000-0000-0000-000000000000',
  day: '2027-01-31',
} as const;
