-- What the Lua twins share: `require("twin").run(kernel, warm)` calls the kernel with `warm` so that its
-- traces exist, then with the size from the command line, and prints the result and the seconds of
-- processor time that the second call took.
--
-- Numbers are float64 wherever every value stays below 2^53, with `bit` for what has 32 bits. Where a
-- loop wraps at 64 bits, its values are cdata of the type int64_t, which LuaJIT's compiler keeps in
-- registers. Buffers are tables that begin at 0: they are bounds-checked, as ours are.
local ffi = require("ffi")
local twin = {}

--- The bits of a float64, as int64_t.
function twin.bits(value)
    local both = ffi.new("union { double value; int64_t bits; }")
    both.value = value
    return both.bits
end

function twin.run(kernel, warm)
    kernel(warm)
    local n = tonumber(arg[1])
    local start = os.clock()
    local result = kernel(n)
    local seconds = os.clock() - start
    -- A number that is no cdata prints with digits lost from 10^14 on.
    print((tostring(ffi.cast("int64_t", result)):gsub("LL", "")), ("%.6f"):format(seconds))
end

return twin
