import { NEXT_REVISION } from "./message-revision.ts";
import { redisScript } from "./script.ts";

/**
 * L2 as a list. Its first element is `<revision> <state>`, where the state is `unknown`, `part` or `whole`; each
 * other is a message, `<rank> <id> <message>`, in the order of ranks.
 *
 * Arguments: operation, milliseconds to live, most messages; `refill` then takes revision and state, and
 * `refill` and `add` rank, id and message of each.
 */
export const SESSION_SCRIPT = redisScript(`
${NEXT_REVISION}
local key, operation, life, most = KEYS[1], ARGV[1], ARGV[2], tonumber(ARGV[3])
local head = redis.call('LINDEX', key, 0)
local revision, state
if head then revision, state = string.match(head, '^(%S+) (%S+)$') end

local function put_new(new_revision, new_state)
  redis.call('DEL', key)
  redis.call('RPUSH', key, new_revision .. ' ' .. new_state)
  redis.call('PEXPIRE', key, life)
  return new_revision
end

if operation == 'read' then
  if not head then return { put_new(next_revision(nil), 'unknown'), 'unknown' } end
  local reply = { revision, state }
  for _, held in ipairs(redis.call('LRANGE', key, 1, -1)) do
    reply[#reply + 1] = string.match(held, '^%S+ %S* (.*)$')
  end
  return reply
end

if operation == 'refill' then
  if revision ~= ARGV[4] then return end
  put_new(revision, ARGV[5])
  for i = 6, #ARGV, 3 do
    redis.call('RPUSH', key, ARGV[i] .. ' ' .. ARGV[i + 1] .. ' ' .. ARGV[i + 2])
  end
  redis.call('PEXPIRE', key, life)
  return
end

revision = next_revision(revision)
if operation == 'drop' or not state or state == 'unknown' then
  put_new(revision, 'unknown')
  return
end

local rank, id = tonumber(ARGV[4]), ARGV[5]
local element = ARGV[4] .. ' ' .. id .. ' ' .. ARGV[6]
local count = redis.call('LLEN', key) - 1
-- From the end, where nearly every message belongs: the place of the last that does not stand behind it.
local place, known = count, false
while place >= 1 do
  local held_rank, held_id = string.match(redis.call('LINDEX', key, place - count - 1), '^(%S+) (%S*) ')
  known = held_id == id
  if known or tonumber(held_rank) < rank then break end
  place = place - 1
end
if known then
  redis.call('LSET', key, place, element)
elseif place == count then
  redis.call('RPUSH', key, element)
elseif place > 0 or state == 'whole' then
  redis.call('LINSERT', key, 'BEFORE', redis.call('LINDEX', key, place + 1), element)
end
-- What is older than all that a part holds is left out: messages between them are missing.
if redis.call('LLEN', key) - 1 > most then
  -- Without the head the oldest message stands first, and the new head takes its place.
  redis.call('LTRIM', key, 1, -1)
  state = 'part'
end
redis.call('LSET', key, 0, revision .. ' ' .. state)
redis.call('PEXPIRE', key, life)
`);
