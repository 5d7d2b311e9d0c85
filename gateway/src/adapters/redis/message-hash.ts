import { NEXT_REVISION } from "./message-revision.ts";
import { redisScript } from "./script.ts";

/**
 * L1 as a hash. Field `head` is `<revision> <state>`, where the state is `unknown`, `part` or `whole`; a field
 * `:<id>` for each message is `<rank> <message>`.
 *
 * Arguments: operation, milliseconds to live, most messages; `refill` then takes revision and state, and
 * `refill` and `add` rank, id and message of each.
 */
export const RECENT_SCRIPT = redisScript(`
${NEXT_REVISION}
local key, operation, life, most = KEYS[1], ARGV[1], ARGV[2], tonumber(ARGV[3])
local head = redis.call('HGET', key, 'head')
local revision, state
if head then revision, state = string.match(head, '^(%S+) (%S+)$') end

local function put_head(new_revision, new_state)
  redis.call('HSET', key, 'head', new_revision .. ' ' .. new_state)
  redis.call('PEXPIRE', key, life)
  return new_revision
end

if operation == 'read' then
  if not head then return { put_head(next_revision(nil), 'unknown'), 'unknown' } end
  local reply = { revision, state }
  local held = redis.call('HGETALL', key)
  for i = 1, #held, 2 do
    if held[i] ~= 'head' then reply[#reply + 1] = string.match(held[i + 1], '^%S+ (.*)$') end
  end
  return reply
end

if operation == 'refill' then
  if revision ~= ARGV[4] then return end
  redis.call('DEL', key)
  for i = 6, #ARGV, 3 do
    redis.call('HSET', key, ':' .. ARGV[i + 1], ARGV[i] .. ' ' .. ARGV[i + 2])
  end
  put_head(revision, ARGV[5])
  return
end

revision = next_revision(revision)
if operation == 'drop' then
  redis.call('DEL', key)
  put_head(revision, 'unknown')
  return
end

if not state or state == 'unknown' then
  put_head(revision, 'unknown')
  return
end
local rank, field, message = tonumber(ARGV[4]), ':' .. ARGV[5], ARGV[6]
local known, count, oldest, oldest_rank = false, 0, nil, nil
local held = redis.call('HGETALL', key)
for i = 1, #held, 2 do
  if held[i] == field then
    known = true
  elseif held[i] ~= 'head' then
    count = count + 1
    local held_rank = tonumber(string.match(held[i + 1], '^%S+'))
    if not oldest or held_rank < oldest_rank then oldest, oldest_rank = held[i], held_rank end
  end
end
-- Between what is older than all that is held and what is held, messages are missing.
local before_gap = state == 'part' and not known and oldest and rank < oldest_rank
if not before_gap then
  redis.call('HSET', key, field, ARGV[4] .. ' ' .. message)
  if count + 1 > most then
    redis.call('HDEL', key, rank < oldest_rank and field or oldest)
    state = 'part'
  end
end
put_head(revision, state)
`);
