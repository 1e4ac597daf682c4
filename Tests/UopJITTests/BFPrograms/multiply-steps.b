Loops that multiply by steps other than one and set cells meanwhile

+++++++++[--->+++++<]          nine in steps of three: cell 1 is 15
>[->++>+++>[-]+++++++<<<]      cells 2 and 3 are 30 and 45 and cell 4 is 7
>.>.>.                         as bytes
<[-]++++++++++[--->+++<]       ten is no multiple of three: it wraps many times
>.<
+++++++[+++++++++>-<]          steps upwards
>.<
[>[-]+++<[-]]>.                does not run
[->+>-<<]>.>.                  one cell up and one down
>++++[->[-]>[-]++<<]>>.        sets only
<<+++++[>+<-----]>.            one iteration
>[-->+<]>.
