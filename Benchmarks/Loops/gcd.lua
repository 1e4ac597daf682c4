package.path = (arg[0]:match("^(.*/)") or "") .. "?.lua;" .. package.path
local twin = require("twin")

local function kernel(n)
    local i, result = 1, 0
    while i <= n do
        local j = 1
        while j <= n do
            local a, b = i, j
            while b ~= 0 do
                local rest = a % b
                a = b
                b = rest
            end
            result = result + a
            j = j + 1
        end
        i = i + 1
    end
    return result
end

twin.run(kernel, 50)
