import type {
  AcceptRequest,
  AcceptResult,
  ArchivedMessage,
  ConversationSummary,
  MessagePage,
  OwedReply,
  ReplyEnd,
} from "../../../src/ports/archive.ts";
import type { Scope } from "../../../src/ports/scope.ts";

/** A question or pushed message with its answer behind it. */
interface ModelTurn {
  readonly position: number;
  readonly said: ArchivedMessage;
  answer: ArchivedMessage | null;
}

interface ModelConversation {
  readonly id: string;
  turns: ModelTurn[];
  positions: number;
  at: number;
}

interface ModelAcceptance {
  readonly conversation: string;
  readonly message: string;
  readonly reply: string;
  readonly digest: string;
}

/** The archive of one user as plain lists: what is superseded or cleared is simply cut off. */
export class ArchiveModel {
  readonly scope: Scope;
  /** Latest first. */
  conversations: ModelConversation[] = [];
  readonly accepted = new Map<string, ModelAcceptance>();
  /** Oldest first. */
  open: OwedReply[] = [];

  constructor(scope: Scope) {
    this.scope = scope;
  }

  accept(request: AcceptRequest): AcceptResult {
    const known = this.accepted.get(request.clientId);
    if (known !== undefined) {
      const { digest, ...rest } = known;
      return digest === request.digest ? { outcome: "duplicate", ...rest } : { outcome: "conflict" };
    }
    return request.kind === "message" ? this.#ask(request) : this.#rewrite(request);
  }

  endReply(end: ReplyEnd): boolean {
    const owed = this.open.find(({ reply }) => reply === end.reply);
    if (owed === undefined || owed.epoch > end.epoch) return false;
    this.open = this.open.filter((other) => other !== owed);
    const conversation = this.find(owed.conversation);
    const turn = conversation?.turns.find(({ answer }) => answer?.id === end.reply);
    if (conversation === undefined || turn === undefined) return true;
    turn.answer = {
      id: end.reply,
      role: "assistant",
      position: turn.position,
      content: end.content,
      at: end.at,
      to: owed.message,
      ...(end.reason === "stop" ? {} : { status: end.reason }),
      model: end.model,
      usage: end.usage,
    };
    this.#touch(conversation, end.at);
    return true;
  }

  raiseEpoch(reply: string, epoch: number): boolean {
    const below = this.open.some((owed) => owed.reply === reply && owed.epoch < epoch);
    if (below) this.open = this.open.map((owed) => (owed.reply === reply ? { ...owed, epoch } : owed));
    return below;
  }

  clear(conversation: string): boolean {
    const before = this.conversations.length;
    this.conversations = this.conversations.filter(({ id }) => id !== conversation);
    return this.conversations.length < before;
  }

  push(conversation: string, message: Omit<ArchivedMessage, "position">): boolean {
    const target = this.find(conversation);
    if (target === undefined) throw new Error("the model was pushed to an unknown conversation");
    const position = ++target.positions;
    target.turns.push({ position, said: { ...message, position }, answer: null });
    this.#touch(target, message.at);
    return true;
  }

  create(conversation: string, at: number): void {
    this.conversations.unshift({ id: conversation, turns: [], positions: 0, at });
  }

  find(conversation: string): ModelConversation | undefined {
    return this.conversations.find(({ id }) => id === conversation);
  }

  messages(conversation: string): MessagePage | null {
    const found = this.find(conversation);
    return found === undefined ? null : { messages: flat(found.turns), more: false };
  }

  context(conversation: string, position: number): ArchivedMessage[] {
    const turns = this.find(conversation)?.turns.filter((turn) => turn.position < position) ?? [];
    return flat(turns).filter(({ status }) => status !== "queued");
  }

  summaries(): ConversationSummary[] {
    return this.conversations
      .filter(({ positions }) => positions > 0)
      .map(({ id, at, turns }) => ({
        id,
        title: turns.find(({ said }) => said.role === "user")?.said.content ?? "",
        at,
        preview: flat(turns).findLast(({ content }) => content !== "")?.content ?? "",
      }));
  }

  #ask(request: AcceptRequest): AcceptResult {
    const named = request.conversation;
    const found = named === undefined ? this.conversations[0] : this.find(named);
    if (found === undefined && named !== undefined) return { outcome: "not-found" };
    if (openIn(found?.turns ?? []) >= request.openLimit) return { outcome: "full" };
    if (found === undefined) this.create(request.newConversation, request.at);
    const conversation = found ?? this.conversations[0];
    if (conversation === undefined) throw new Error("the model lost a conversation");
    return this.#append(conversation, request, {});
  }

  #rewrite(request: AcceptRequest): AcceptResult {
    const isTarget = ({ said }: ModelTurn): boolean =>
      said.id === request.target && said.clientId !== undefined;
    const conversation = this.conversations.find(({ turns }) => turns.some(isTarget));
    if (conversation === undefined) return { outcome: "not-found" };
    const index = conversation.turns.findIndex(isTarget);
    const stay = conversation.turns.slice(0, index);
    const [target, ...dropped] = conversation.turns.slice(index);
    if (target === undefined) throw new Error("the model lost a target");
    if (openIn(stay) >= request.openLimit) return { outcome: "full" };
    const superseded = [target, ...dropped].flatMap(({ answer }) =>
      answer?.status === "queued" ? [answer.id] : [],
    );
    if (request.kind === "edit") {
      conversation.turns = stay;
      return this.#append(conversation, request, {
        superseded,
        truncatedAfter: flat(stay).at(-1)?.id ?? null,
      });
    }
    conversation.turns = [...stay, { ...target, answer: null }];
    return this.#owe(conversation, request, { superseded, truncatedAfter: target.said.id });
  }

  #append(conversation: ModelConversation, request: AcceptRequest, rewrite: Rewrite): AcceptResult {
    const { message: id, clientId, content, at } = request;
    const position = ++conversation.positions;
    const said: ArchivedMessage = { id, clientId, role: "user", position, content, at };
    conversation.turns.push({ position, said, answer: null });
    return this.#owe(conversation, request, rewrite);
  }

  /** The last turn's question is owed an answer. */
  #owe(conversation: ModelConversation, request: AcceptRequest, rewrite: Rewrite): AcceptResult {
    const turn = conversation.turns.at(-1);
    if (turn === undefined) throw new Error("the model lost a turn");
    const { reply, digest, at, kind, clientId } = request;
    const { position } = turn;
    const message = turn.said.id;
    turn.answer = { id: reply, role: "assistant", position, content: "", at, to: message, status: "queued" };
    this.open.push({
      ...this.scope,
      conversation: conversation.id,
      reply,
      message,
      position,
      epoch: 1,
      kind,
      at,
    });
    this.accepted.set(clientId, { conversation: conversation.id, message, reply, digest });
    this.#touch(conversation, at);
    return {
      outcome: "accepted",
      conversation: conversation.id,
      message,
      reply,
      position,
      superseded: [],
      ...rewrite,
    };
  }

  #touch(conversation: ModelConversation, at: number): void {
    conversation.at = at;
    this.conversations = [conversation, ...this.conversations.filter((other) => other !== conversation)];
  }
}

interface Rewrite {
  readonly superseded?: readonly string[];
  readonly truncatedAfter?: string | null;
}

const flat = (turns: readonly ModelTurn[]): ArchivedMessage[] =>
  turns.flatMap(({ said, answer }) => (answer === null ? [said] : [said, answer]));

const openIn = (turns: readonly ModelTurn[]): number =>
  turns.filter(({ answer }) => answer?.status === "queued").length;
