//! What Redis does in one step: small scripts, each over the keys of one drawing or over what is listed. A script runs alone and whole; what
//! it wrote is one transaction in Redis's own log, so that a crash leaves all of it or nothing.

use redis::Script;

/// The scripts, with their hashes.
pub(super) struct Scripts {
    pub append: Script,
    pub read: Script,
    pub attend: Script,
    pub keep_checkpoint: Script,
    pub find_checkpoint: Script,
    pub change_listed: Script,
}

impl Scripts {
    pub(super) fn new() -> Scripts {
        Scripts {
            append: Script::new(APPEND),
            read: Script::new(READ),
            attend: Script::new(ATTEND),
            keep_checkpoint: Script::new(KEEP_CHECKPOINT),
            find_checkpoint: Script::new(FIND_CHECKPOINT),
            change_listed: Script::new(CHANGE_LISTED),
        }
    }
}

/// Compares the whole position and appends. KEYS: log, head. ARGV: log id, seq, hash; seq and hash after it; channel,
/// signal; then hash, what the next one is (`payload`, or `blob` for the hash of the blob that the payload is), that, time,
/// author and kind of each entry. Only the first XADD can fail (where the log has more
/// than its head says), and then nothing was written.
const APPEND: &str = "#!lua
local head = redis.call('HMGET', KEYS[2], 'log', 'seq', 'hash')
if not head[1] then return {'gone'} end
if head[1] ~= ARGV[1] or head[2] ~= ARGV[2] or head[3] ~= ARGV[3] then
    return {'behind', head[1], head[2], head[3]}
end
local seq = tonumber(ARGV[2])
for at = 8, #ARGV, 6 do
    seq = seq + 1
    redis.call('XADD', KEYS[1], string.format('%d-0', seq), 'hash', ARGV[at], ARGV[at + 1], ARGV[at + 2],
        'time_ms', ARGV[at + 3], 'author', ARGV[at + 4], 'kind', ARGV[at + 5])
end
redis.call('HSET', KEYS[2], 'seq', ARGV[4], 'hash', ARGV[5])
redis.call('PUBLISH', ARGV[6], ARGV[7])
return {'stored'}
";

/// Entries after a place, and the head at the same moment. KEYS: log, head. ARGV: seq, bytes at most, entries at most.
const READ: &str = "#!lua flags=no-writes
local head = redis.call('HMGET', KEYS[2], 'log', 'seq', 'hash')
if not head[1] then return {'gone'} end
local after, bytes, entries, full = tonumber(ARGV[1]), 0, {}, false
while not full do
    local some = redis.call('XRANGE', KEYS[1], string.format('%d-0', after + 1), '+', 'COUNT', 8)
    if #some == 0 then break end
    for _, entry in ipairs(some) do
        local fields = entry[2]
        if #entries > 0 and (bytes + #fields[4] > tonumber(ARGV[2]) or #entries >= 4 * tonumber(ARGV[3])) then
            full = true
            break
        end
        bytes = bytes + #fields[4]
        after = after + 1
        entries[#entries + 1] = entry[1]
        entries[#entries + 1] = fields[2]
        entries[#entries + 1] = fields[3]
        entries[#entries + 1] = fields[4]
    end
end
return {'read', head[1], head[2], head[3], entries}
";

/// Says who is connected at a node, and looks who is elsewhere. KEYS: people, head. ARGV: node, for how many
/// milliseconds it counts, channel, signal for when somebody came or went; then sessions. A person is SESSION@NODE with
/// the time until which the node's word counts, by Redis's clock alone.
const ATTEND: &str = "#!lua
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local stirred = redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now) > 0
local mine, elsewhere = {}, {}
for at = 5, #ARGV do
    local member = ARGV[at] .. '@' .. ARGV[1]
    mine[member] = true
    if redis.call('ZADD', KEYS[1], now + ARGV[2], member) > 0 then stirred = true end
end
for _, member in ipairs(redis.call('ZRANGE', KEYS[1], 0, 9999)) do
    local session, node = string.match(member, '^(%d+)@(.*)$')
    if node ~= ARGV[1] then
        elsewhere[#elsewhere + 1] = session
    elseif not mine[member] then
        redis.call('ZREM', KEYS[1], member)
        stirred = true
    end
end
if stirred then redis.call('PUBLISH', ARGV[3], ARGV[4]) end
local head = redis.call('HMGET', KEYS[2], 'log', 'seq', 'hash')
if not head[1] then return {'gone'} end
return {'seen', head[1], head[2], head[3], elsewhere}
";

/// Names a state as the newest of a log, if it is one of this log's own history. KEYS: log, head, checkpoint. ARGV: log
/// id, seq, hash, the state's hash, what the key of a state begins with. The state that is passed over is removed.
const KEEP_CHECKPOINT: &str = "#!lua
local kept = redis.call('HMGET', KEYS[3], 'seq', 'state')
local function drop(state)
    if state then redis.call('UNLINK', ARGV[5] .. state) end
end
local own = redis.call('HGET', KEYS[2], 'log') == ARGV[1]
local entry = redis.call('XRANGE', KEYS[1], ARGV[2] .. '-0', ARGV[2] .. '-0')[1]
local stranger = not own or not entry or entry[2][2] ~= ARGV[3]
local older = kept[1] and tonumber(kept[1]) > tonumber(ARGV[2])
if stranger or older then
    if kept[2] ~= ARGV[4] then drop(ARGV[4]) end
    return stranger and 'stranger' or 'older'
end
redis.call('HSET', KEYS[3], 'log', ARGV[1], 'seq', ARGV[2], 'hash', ARGV[3], 'state', ARGV[4])
if kept[2] ~= ARGV[4] then drop(kept[2]) end
return 'kept'
";

/// The hash of the newest state of a log's own history. KEYS: log, head, checkpoint.
const FIND_CHECKPOINT: &str = "#!lua flags=no-writes
local kept = redis.call('HMGET', KEYS[3], 'log', 'seq', 'hash', 'state')
if not kept[1] then return {'none'} end
if redis.call('HGET', KEYS[2], 'log') ~= kept[1] then return {'stranger'} end
local entry = redis.call('XRANGE', KEYS[1], kept[2] .. '-0', kept[2] .. '-0')[1]
if not entry or entry[2][2] ~= kept[3] then return {'stranger'} end
return {'found', kept[4]}
";

/// Changes some of what is listed of a drawing, and says so. KEYS: drawings. ARGV: name, what to change as JSON, channel,
/// signal.
const CHANGE_LISTED: &str = "#!lua
local listed = redis.call('HGET', KEYS[1], ARGV[1])
if not listed then return 'gone' end
local all = cjson.decode(listed)
for key, value in pairs(cjson.decode(ARGV[2])) do all[key] = value end
redis.call('HSET', KEYS[1], ARGV[1], cjson.encode(all))
redis.call('PUBLISH', ARGV[3], ARGV[4])
return 'changed'
";
