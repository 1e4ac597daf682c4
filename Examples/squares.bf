Prints the squares of 0 to 100 a line each

The difference of neighbouring squares is odd and grows by two: so the program adds 1 then 3 then 5
and so on to a number that it keeps as decimal digits

Cells:  1    rounds left
        2    the odd number
        3    a copy of it as it is used up
        4    always 0 so that a walk to the left ends here
        7    the last digit; the digit before it is in cell 10 and so on
A digit d is stored as 10 minus d and 0 stands for a digit that is not there yet
The two cells right of each digit are scratch

++++++++++[>++++++++++<-]>+             rounds = 101
>+                                      odd = 1
>>>>>++++++++++                         the number is the digit 0
<<<<<<                                  to rounds
[
    >>>>>>[>>>]<<<                      to the first digit
    [                                   for each digit
        [>+>+<<-]>>[<<+>>-]<            copy it one cell to the right
        [>-<-]                          and make the next cell 58 minus it which is its character
        ++++++[>+++++++++<-]>++++
        .[-]
        <<<<<                           to the digit behind it
    ]
    >++++++++++.[-]                     line feed
    <<<                                 to the odd number
    [                                   add 1 to the number as often as it says
        >+>>>>>+                        count the copy and set a flag right of the last digit
        [                               while the flag is set add 1 to the digit on its left
            <[->-]                      if the digit is stored as 1 to 10 then 1 less
            >[-<+++++++++>>]            else it was not there and becomes the digit 1
            <+<[>-]                     if nothing is left of it
            >[-<++++++++++>>>>+<<]      then it becomes the digit 0 and the next flag is set
            >>
        ]
        <<<<[<<<]                       back to cell 4
        <<-
    ]
    >[<+>-]                             restore the odd number
    <++                                 and make it the next one
    <-
]
