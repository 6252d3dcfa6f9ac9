# complete.zsh SCRIPT LINE…: types each line and a tab into an interactive zsh, and prints what it would offer.
zmodload zsh/zpty
export OFFERED=$(mktemp)
inner=$(mktemp)
cat > $inner <<END
autoload -Uz compinit; compinit -u -D
source ${(q)1}
compadd() {
  # -O, -A and -D only fill arrays.
  if [[ \${@[1,(i)(-|--)]} != *-(O|A|D)\ * ]]; then
    local -a offered
    builtin compadd -A offered "\$@"
    print -rl -- \$offered >> \$OFFERED
  fi
  builtin compadd "\$@"
}
zle -C listed list-choices _main_complete
run() { zle listed; BUFFER=; print -r -- '(end)' >> \$OFFERED }
zle -N run
bindkey '^I' run
print -r -- '(ready)' >> \$OFFERED
END
zpty inner 'TERM=dumb zsh -fi'
zpty -w inner "source ${(q)inner}"
until grep -q '(ready)' $OFFERED; do sleep 0.05; done
for (( at = 2; at <= $#; at++ )); do
  zpty -w -n inner "${@[at]}"$'\t'
  until (( $(grep -c '(end)' $OFFERED) == at - 1 )); do zpty -r -t inner read; sleep 0.02; done
done
zpty -d inner
grep -vx '(ready)' $OFFERED
rm -f $OFFERED $inner
