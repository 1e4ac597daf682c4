package.path = (arg[0]:match("^(.*/)") or "") .. "?.lua;" .. package.path
local twin = require("twin")

local size = 100000

local function kernel(n)
    local composite = {}
    for i = 0, size - 1 do composite[i] = 0 end
    local round, result = 0, 0
    while round < n do
        local i = 2
        while i < size do
            if composite[i] == 0 then
                result = result + 1
                local multiple = i * i
                while multiple < size do
                    composite[multiple] = 1
                    multiple = multiple + i
                end
            end
            composite[i] = 0
            i = i + 1
        end
        round = round + 1
    end
    return result
end

twin.run(kernel, 2)
