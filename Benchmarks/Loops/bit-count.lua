package.path = (arg[0]:match("^(.*/)") or "") .. "?.lua;" .. package.path
local twin = require("twin")
local bit = require("bit")
local band = bit.band

-- Numbers of 32 bits: what `bit` works on.
local function kernel(n)
    local i, state, result = 0, 1, 0
    while i < n do
        state = (state * 1664525 + 1013904223) % 4294967296
        local x = bit.tobit(state)
        while x ~= 0 do
            x = band(x, x - 1)
            result = result + 1
        end
        i = i + 1
    end
    return result
end

twin.run(kernel, 1000)
