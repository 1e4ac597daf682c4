Prints "Hello, world!" and a line feed

In BF every other character is a comment so this text holds none of the eight commands

The first cell counts to eight while the next four grow
++++++++[
    > +++++++++         72 is H
    > ++++++++++++      96 comes before the small letters
    > ++++              32 is a space
    > +                  8 becomes a line feed
    <<<< -
]
>.                      H
>+++++.                 e
+++++++..               l twice
+++.                    o
>++++++++++++.          comma
------------.           space
<++++++++.              w
--------.               o
+++.                    r
------.                 l
--------.               d
>+.                     exclamation mark
>++.                    line feed
