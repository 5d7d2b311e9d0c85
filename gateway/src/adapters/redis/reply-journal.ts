import type { JournalEntry, JournaledReply, ModelAttempt, ReplyJournal } from "../../ports/reply-journal.ts";
import type { RedisConnection } from "./connection.ts";
import { redisKeys } from "./keys.ts";
import { OwedCalls } from "./owed-calls.ts";
import { redisScript } from "./script.ts";

/** Milliseconds since the last entry for which a reply can be taken over. */
const KEPT = 24 * 60 * 60 * 1000;

/**
 * A reply is a list of pieces, `<epoch> <seq> <attempt> <text>`, all of one epoch; an attempt is
 * `<input tokens>,<model>`, or `-`. Arguments: milliseconds to live, then epoch, seq, chunks before it or nothing, and the
 * rest of each piece.
 */
const APPEND = redisScript(`
local key = KEYS[1]
local function held()
  local last = redis.call('LINDEX', key, -1)
  if not last then return nil, 0 end
  local epoch, seq = string.match(last, '^(%S+) (%S+) ')
  return tonumber(epoch), tonumber(seq)
end
for i = 2, #ARGV, 4 do
  local next_epoch, next_seq, after = tonumber(ARGV[i]), tonumber(ARGV[i + 1]), tonumber(ARGV[i + 2])
  local epoch, seq = held()
  local anew = epoch and next_epoch > epoch
  if not epoch or anew or (next_epoch == epoch and next_seq > seq) then
    if anew then
      redis.call('DEL', key)
      seq = 0
    end
    while after and seq > after do
      redis.call('RPOP', key)
      epoch, seq = held()
    end
    if not after or seq == after then
      redis.call('RPUSH', key, ARGV[i] .. ' ' .. ARGV[i + 1] .. ' ' .. ARGV[i + 3])
      redis.call('PEXPIRE', key, ARGV[1])
    end
  end
end
`);

/** Arguments: the highest epoch to forget. */
const DROP = redisScript(`
local last = redis.call('LINDEX', KEYS[1], -1)
if last and tonumber(string.match(last, '^%S+')) <= tonumber(ARGV[1]) then redis.call('DEL', KEYS[1]) end
`);

/** Leaves a piece whose epoch is above every other, so that nothing comes after it. Arguments: as above, that epoch. */
const ERASE = redisScript(`
local last = redis.call('LINDEX', KEYS[1], -1)
local held = last and string.match(last, '^%S+') ~= ARGV[2]
redis.call('DEL', KEYS[1])
redis.call('RPUSH', KEYS[1], ARGV[2] .. ' 0 - ')
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return held and 1 or 0
`);
const ERASED_EPOCH = Number.MAX_SAFE_INTEGER;

/**
 * The journal in Redis: one command a reply and batch, all of them in one write to each server. Rejects with
 * `RedisUnavailable` while Redis is away; a batch that failed may be in part written, and is to be written again.
 * A `drop` that falls into such a time resolves, and is done when Redis is back.
 */
export function createRedisReplyJournal({ redis }: { redis: RedisConnection }): ReplyJournal {
  const owed = new OwedCalls(redis);
  return {
    async append(entries) {
      const pieces = Map.groupBy(entries, (entry) => redisKeys.journal(entry, entry.reply));
      const written = redis.together(() =>
        [...pieces].map(([key, ofReply]) => redis.script(APPEND, [key], [KEPT, ...ofReply.flatMap(pieceOf)])),
      );
      await Promise.all(written);
    },
    async read(scope, reply) {
      const key = redisKeys.journal(scope, reply);
      const pieces = await redis.run((client) => client.lrange(key, 0, -1));
      const held = pieces.map(parsePiece).filter(({ epoch }) => epoch !== ERASED_EPOCH);
      const last = held.at(-1);
      if (last === undefined) return null;
      const attempt = held.findLast((piece) => piece.attempt !== undefined)?.attempt;
      const text = held.map((piece) => piece.text).join("");
      return { epoch: last.epoch, seq: last.seq, text, ...(attempt === undefined ? {} : { attempt }) };
    },
    async drop(scope, reply, epoch) {
      const key = redisKeys.journal(scope, reply);
      await owed.do({ group: key, name: "drop", now: () => redis.script(DROP, [key], [epoch]) });
    },
    async eraseUser(scope, replies) {
      let held = 0;
      for (const reply of replies) {
        held += Number(await redis.script(ERASE, [redisKeys.journal(scope, reply)], [KEPT, ERASED_EPOCH]));
      }
      return held;
    },
    // Redis forgets each reply by itself.
    expire: async () => 0,
  };
}

function pieceOf({ epoch, seq, after, text, attempt }: JournalEntry): (string | number)[] {
  const asked = attempt === undefined ? "-" : `${attempt.inputTokens},${encodeURIComponent(attempt.model)}`;
  return [epoch, seq, after ?? "", `${asked} ${text}`];
}

function parsePiece(piece: string): JournaledReply {
  const [, epoch, seq, asked = "-", text = ""] = /^(\d+) (\d+) (\S+) (.*)$/su.exec(piece) ?? [];
  return {
    epoch: Number(epoch),
    seq: Number(seq),
    text,
    ...(asked === "-" ? {} : { attempt: parseAttempt(asked) }),
  };
}

function parseAttempt(asked: string): ModelAttempt {
  const [inputTokens, model = ""] = asked.split(",");
  return { model: decodeURIComponent(model), inputTokens: Number(inputTokens) };
}
