package.path = (arg[0]:match("^(.*/)") or "") .. "?.lua;" .. package.path
local twin = require("twin")
local ffi = require("ffi")

-- Sums wrap at 64 bits: int64_t, in cells of memory. Locals that hold int64_t and take each other's values
-- are allocated anew in each step (seventeen times slower here), and two float64 or three integers of
-- `bit` for one sum are slower by a factor of four and more.
local function kernel(n)
    local i, cells = 0, ffi.new("int64_t[2]", 0, 1)
    while i < n do
        local next = cells[0] + cells[1]
        cells[0] = cells[1]
        cells[1] = next
        i = i + 1
    end
    return cells[0]
end

twin.run(kernel, 1000)
