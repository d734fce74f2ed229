-- Most rows have no confirmation: nothing is called to find that sound.

alter function pgrant.cnf_sound(jsonb) strict;
