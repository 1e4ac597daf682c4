package.path = (arg[0]:match("^(.*/)") or "") .. "?.lua;" .. package.path
local twin = require("twin")

-- All values are below 2^53: float64, in which no sum can overflow.
local function kernel(n)
    local round, first, result = 0, 0, 0
    while round < n do
        local a, b, i = first, 1, 0
        while i < 75 do
            local next = a + b
            a = b
            b = next
            i = i + 1
        end
        first = b % 2
        result = result + b % 1024
        round = round + 1
    end
    return result
end

twin.run(kernel, 1000)
