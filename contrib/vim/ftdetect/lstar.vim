" Vim takes .ds for DataScript by itself, so that this has to override it.
au BufRead,BufNewFile *.ds set filetype=lstar
