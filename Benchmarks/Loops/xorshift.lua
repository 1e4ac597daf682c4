package.path = (arg[0]:match("^(.*/)") or "") .. "?.lua;" .. package.path
local twin = require("twin")
local bit = require("bit")
local bxor, rol, lshift = bit.bxor, bit.rol, bit.lshift

-- 64 bits that rotate: int64_t.
local function kernel(n)
    local i, result = 0, 0LL
    local first, second = 0x9e3779b97f4a7c15LL, 0x6a09e667f3bcc909LL
    while i < n do
        result = bxor(result, first + second)
        local mixed = bxor(second, first)
        first = bxor(rol(first, 24), mixed, lshift(mixed, 16))
        second = rol(mixed, 37)
        i = i + 1
    end
    return result
end

twin.run(kernel, 1000)
