package.path = (arg[0]:match("^(.*/)") or "") .. "?.lua;" .. package.path
local twin = require("twin")
local bit = require("bit")

-- Values pass 2^32, but not 2^51, up to which `bit.band` takes the low bits.
local function kernel(n)
    local start, result = 1, 0
    while start < n do
        local x, steps = start, 0
        while x ~= 1 do
            if bit.band(x, 1) ~= 0 then
                x = 3 * x + 1
            else
                x = x * 0.5
            end
            steps = steps + 1
        end
        result = result + steps
        start = start + 1
    end
    return result
end

twin.run(kernel, 1000)
