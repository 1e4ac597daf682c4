A digit for the width of cells: one where 256 is zero; two where its square is; or three
cells: number | another | digit

>>++++++[->++++++++<]>+                  49
<<<++++++++++++++++[->++++++++++++++++<]>
[>>+<<
    [-<++++++++++++++++>]<[->++++++++++++++++<]>
    [[-]>>+<<]
]
>>.>++++++++++.
