/**
 * Lua for both layers: the revision after another, as text. Redis's own time in microseconds, so that a
 * conversation that was forgotten never comes back under a revision that somebody read before.
 */
export const NEXT_REVISION = `
local function next_revision(last)
  local time = redis.call('TIME')
  return string.format('%.0f', math.max(time[1] * 1000000 + time[2], (tonumber(last) or 0) + 1))
end
`;
