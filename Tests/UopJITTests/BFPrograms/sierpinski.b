A triangle: each cell of a row becomes the exclusive or of itself and the one before
columns of four cells: is there | value | two for a moment

>>>>++++++++++++++++[[->>>>+<<<<]+>>>>-]<<<<[<<<<]   sixteen columns
>>>>>+<<                                             one value; and the number of rows
++++++++++++++++[
    >[                                               draw
        >[->+>+<<]>[-<+>]
        >[-<++++++++++>]++++++++[-<++++>]<.[-]>>
    ]
    ++++++++++.[-]<<<<
    [                                                change; backwards
        <<<[->>>>>+>+<<<<<<]>>>>>>[-<<<<<<+>>>>>>]
        <[->+<<[->>-<<]>>[-<<+>>]<]<<<<<<
    ]
>>>-]
