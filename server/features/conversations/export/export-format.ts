import type { ConversationRow, MessageRow } from '../../../store/interface/conversations.ts';
import type { ResponseRow } from '../../../store/interface/responses.ts';

/** A conversation that is read while it is written out: of its messages only a few are in memory at once. */
export interface ExportedConversation {
  readonly conversation: ConversationRow;
  /** The last message of the active path. */
  readonly headId: string | null;
  readonly messages: AsyncIterable<MessageRow>;
  readonly responses: AsyncIterable<ResponseRow>;
}

/** How conversations are written. */
export interface ExportFormat {
  readonly contentType: string;
  /** The content type of a file with several conversations. */
  readonly listType: string;
  readonly extension: string;
  readonly listExtension: string;
  /** Between two conversations, and after the last one. */
  readonly separator: string;
  readonly end: string;
  /** Whether the messages of all branches are in it, or those of the active path. */
  readonly isTree: boolean;
  /** Whether the data of pictures, sounds and files is left out: then it is not read. */
  readonly omitsMedia: boolean;
  /** The text of one, in pieces. */
  write(exported: ExportedConversation): AsyncGenerator<string, void, void>;
}
