# shellcheck shell=bash
# The staged driver of all recipes. A recipe's run.sh declares its names, then sources this file with its arguments:
#
#   1 download   2 data   3 format (32 kHz mono)   4 mix (test sets)   5 embed (queries)
#   6 train      7 separate   8 score   9 report   10 pack
#
# A stage that is complete and whose inputs did not change does nothing; an interrupted one goes on where it stopped.
# The recipe gives: train_sets, valid_sets, test_sets (NAME, or NAME:CLIPS where the clips are those of another set),
# model, config, licence (of its data), recipe_options (names of its own options, handed to local/data.py) and, where
# they matter, published_sets (sets of conf/sets whose mixtures are part of the corpus, as published, or are rebuilt
# from its clips in published_clips, a folder of it, by lists of the benchmark root), in_place=true (the clips are
# formatted already: stage 3 uses them where they lie), the function after_options, which may change these and set
# variant, the name of the data, and parts, the variants whose estimates are joined in stage 7 (nothing is trained
# then); the function before_embed, which makes what stage 5 needs of the data of this recipe.
set -euo pipefail

root=              # folder of the corpus as published, if you have it; nothing is downloaded then
stage=1            # first stage
stop_stage=10      # last stage
set=               # changes of the configuration, separated by blanks: "train.max_steps=100 seed=1"
row=               # row of a paper's tables: a section of conf/variants/<model>.yaml
tag=               # name of this run, added to the experiment folder
baselines=         # systems without training, too: ideal_ratio_mask ideal_binary_mask wiener
removal=false      # ask to remove the interferer, too
scoring=           # options of lass score: "--rate 16000 --metrics sdr,lsd"; paths are seen from the recipe
leaks=             # training clips that test sets of conf/sets hold: clean, the default, or paper (they are kept)
benchmark=         # benchmark root with the lists of those sets, see lass test_sets; empty: benchmark/ beside egs/
init=              # model folder whose weights the training starts from
init_partial=false # although some of them do not fit; they are listed
max_failed=0       # audio files that may fail in stage format
scratch=           # folder on a disk of the nodes themselves, as /scratch or '$TMPDIR': see egs/CLUSTER.md
force=false        # do the stages again, although they are complete; training starts anew

lass_utils=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
lass_egs=$(cd "$lass_utils/../egs" && pwd)
caller_dir=$PWD
. "$lass_egs/cmd.sh" # cmd, nj, num_threads, gpu, num_nodes
[ -z "${LASS_CMD-}" ] || cmd=$LASS_CMD
# shellcheck disable=SC2034
option_files=("${BASH_SOURCE[0]}" "$lass_egs/cmd.sh")
. "$lass_utils/parse_options.sh"
[ $# -eq 0 ] || { echo "$0: unexpected argument '$1'; options begin with --, see --help" >&2; exit 1; }
cd "$(dirname "$0")"
. "$lass_egs/path.sh"

# A path that the user gave, seen from the folder where the recipe was started; "download" is no path.
absolute() { case $1 in "" | /* | download) echo "$1" ;; *) echo "$caller_dir/$1" ;; esac; }
lass() { "$PYTHON" -m lass.bin "$@"; }
launch() { "$PYTHON" "$lass_utils/$cmd.py" "$@"; }
wanted() { # NUMBER NAME: is this stage asked for?
    [ "$stage" -le "$1" ] && [ "$stop_stage" -ge "$1" ] || return 1
    echo "== stage $1: $2 ==" >&2
}
mixed_sets() { tr -s ' ' '\n' <<<"$*" | sed 's/:.*//'; }
clip_sets() { tr -s ' ' '\n' <<<"$*" | sed 's/.*://' | LC_ALL=C sort -u; } # what the mixed sets are made of
forget() { ! $force || rm -rf -- "$@"; } # the marks of finished work, with --force true
[ "$cmd" != local ] || cmd=run
case $cmd in run | slurm) ;; *) echo "$0: --cmd $cmd: no launcher utils/$cmd.py; run or slurm" >&2; exit 1 ;; esac

recipe=$(basename "$PWD")
variant=
parts=()
! declare -F after_options >/dev/null || after_options
data=data${variant:+/$variant}
leak_options=(--leaks "${leaks:-clean}" --train_sets "$(clip_sets "$train_sets" | tr '\n' ' ')"
    --valid_sets "$(clip_sets "$valid_sets" | tr '\n' ' ')")
[ -z "$benchmark" ] || leak_options+=(--benchmark "$(absolute "$benchmark")")
exp_of() { echo "exp/${recipe}_$model${row:+_$row}${1:+_$1}${tag:+_$tag}"; } # VARIANT
exp=$(exp_of "$variant")
part_data=("${parts[@]/#/data/}")
part_exps=()
for part in "${parts[@]}"; do part_exps+=("$(exp_of "$part")"); done
local_options=()
corpus=$(absolute "$root")
corpus=${corpus:-downloads}
stamp_options=(--option "root=$corpus")
for name in ${recipe_options-}; do
    value=${!name}
    case $name in *_root | *_list | cookies) value=$(absolute "$value") ;; esac
    local_options+=("$name=$value")
    stamp_options+=(--option "$name=$value")
done
scratching=()
[ -z "$scratch" ] || scratching=(--scratch "$scratch")
separated="model control_interferer control_constant $baselines" # systems that stage 7 makes estimates of
! $removal || separated+=" removal"
training_options=(--exp "$exp" --data_root "$data" --config "$lass_utils/../conf/train.yaml"
    --config "$lass_utils/../conf/model/$model.yaml" --config "$config")
[ -z "$init" ] || training_options+=(--init "$(absolute "$init")")
! $init_partial || training_options+=(--init_partial)
[ -z "$row" ] || training_options+=(--row "$lass_utils/../conf/variants/$model.yaml" "$row")
for change in $set; do training_options+=(--set "$change"); done

if wanted 1 download; then
    if [ -n "$root" ]; then
        echo "$corpus: the corpus is there, nothing is downloaded" >&2
    else
        lass download local/data.py --root downloads "${local_options[@]}"
    fi
fi

if wanted 2 data; then
    forget "$data/orig/.done"
    stamp_options+=(--option "leaks=${leaks:-clean}")
    published=()
    [ ! -f conf/corpus.yaml ] || published=(conf/corpus.yaml)
    if ! lass stamp check "$data/orig/.done" "${stamp_options[@]}" local/*.* "${published[@]}"; then
        lass data local/data.py "$data/orig" --root "$corpus" "${leak_options[@]}" "${local_options[@]}"
        lass stamp write "$data/orig/.done" "${stamp_options[@]}" local/*.* "${published[@]}"
    fi
fi

if wanted 3 format; then
    for name in $(clip_sets "$train_sets $valid_sets $test_sets"); do
        inputs=("$data/orig/$name"/{wav.scp,captions,utt2labels,labels,video.scp,segments,leak_policy})
        forget "$data/$name/.done"
        ! lass stamp check "$data/$name/.done" --output "$data/$name/wav.scp" "${inputs[@]}" || continue
        if ${in_place-false}; then
            lass format "$data/orig/$name" "$data/$name" --in_place
        else
            launch --max_jobs "$nj" "JOB=1:$nj" "$data/log/format_$name.JOB.log" "$PYTHON" -m lass.bin format \
                "$data/orig/$name" "$data/$name" --store data/flac --job JOB --num_jobs "$nj"
            lass format "$data/orig/$name" "$data/$name" --store data/flac --max_failed "$max_failed" --finish
        fi
        lass validate --rate 32000 "$data/$name"
        lass stamp write "$data/$name/.done" "${inputs[@]}"
    done
fi

if wanted 4 mix; then
    for set_name in $valid_sets $test_sets; do
        name=${set_name%%:*} clip_set=$data/${set_name#*:}
        mixed=$data/mix/$name pairs=$data/orig/pairs/$name list_options=()
        inputs=("$clip_set"/{wav.scp,captions,utt2labels,labels} conf/mix.yaml "$pairs")
        [ ! -f "$pairs" ] || list_options=(--pairs "$pairs")
        forget "$mixed/.done" "$mixed/mix" "$mixed/.mix" "$mixed/gains.tsv"
        ! lass stamp check "$mixed/.done" --output "$mixed/wav.scp" "${inputs[@]}" || continue
        lass make_mixlist "$clip_set" "$mixed" --config conf/mix.yaml "${list_options[@]}"
        launch --max_jobs "$nj" "JOB=1:$nj" "$data/log/mix_$name.JOB.log" "$PYTHON" -m lass.bin mix \
            "$clip_set" "$mixed" --config conf/mix.yaml --job JOB --num_jobs "$nj"
        lass mix "$clip_set" "$mixed" --config conf/mix.yaml --finish
        lass stamp write "$mixed/.done" "${inputs[@]}"
    done
fi

if wanted 5 embed; then
    forget "$exp/embed"
    ! declare -F before_embed >/dev/null || before_embed
    embedding=("$PYTHON" -m lass.bin embed "${training_options[@]}")
    jobs=$("${embedding[@]}" --begin "$nj")
    [ "$jobs" -eq 0 ] || launch --gpu "$gpu" --max_jobs "$nj" "JOB=1:$jobs" "$exp/log/embed.JOB.log" \
        "${embedding[@]}" --job JOB --num_jobs "$jobs"
    launch --verbose --gpu "$gpu" --num_threads "$num_threads" "$exp/log/embed.log" "${embedding[@]}"
fi

if wanted 6 train; then
    forget "$exp/ckpt" "$exp/model" "$exp/config.yaml"
    launch --requeue --verbose --gpu "$gpu" --num_nodes "$num_nodes" --num_threads "$num_threads" \
        "$exp/log/train.log" "$PYTHON" -m lass.bin train "${training_options[@]}" --ngpu "$gpu" \
        --num_nodes "$num_nodes" "${scratching[@]}"
fi

if wanted 7 separate; then
    for name in $(mixed_sets "$test_sets"); do
        [ ${#parts[@]} -eq 0 ] || lass combine "$data/mix/$name" "${part_data[@]/%//mix/$name}"
        for system in $separated; do
            case $system in
                model) how=() ;;
                control_*) how=(--control "${system#control_}") ;;
                removal) how=(--remove) ;;
                *) how=(--baseline "$system") ;;
            esac
            out=sep/$name/$system
            if [ ${#parts[@]} -gt 0 ]; then
                lass combine "$exp/$out" "${part_exps[@]/%//$out}"
                continue
            fi
            forget "$exp/$out/.done" "$exp/$out/.started" "$exp/$out/audio"
            separating=(-m lass.bin separate --set "$data/mix/$name" --out "$exp/$out" --model "$exp/model" "${how[@]}")
            machine=(--gpu "$gpu" --num_threads "$num_threads") log=$exp/log/separate_${name}_$system
            disk=("${scratching[@]}")
            if [ "$nj_separate" -gt 1 ]; then
                "$PYTHON" "${separating[@]}" --begin
                launch "${machine[@]}" --max_jobs "$nj_separate" "JOB=1:$nj_separate" "$log.JOB.log" \
                    "$PYTHON" "${separating[@]}" "${disk[@]}" --job JOB --num_jobs "$nj_separate"
                disk=() # what is left to do reads no audio
            fi
            launch --verbose "${machine[@]}" "$log.log" "$PYTHON" "${separating[@]}" "${disk[@]}"
        done
    done
fi

if wanted 8 score; then
    read -ra score_options <<<"$scoring"
    for name in $(mixed_sets "$test_sets"); do
        for system in mixture $separated; do
            estimates=(--est_scp "$exp/sep/$name/$system/wav.scp" --info "$exp/sep/$name/$system/info.json")
            [ "$system" != mixture ] || estimates=(--mixture --info "$exp/sep/$name/model/info.json") # its rate
            case $system in control_interferer | removal) estimates+=(--queries interf_queries) ;; esac
            forget "$exp/score/$name/$system/.done" "$exp/score/$name/$system"/.parts-*
            out=$exp/score/$name/$system
            scored=("$data/mix/$name" "${estimates[@]}" --out "$out" --system "$system" --num_jobs "$nj"
                "${score_options[@]}")
            launch --max_jobs "$nj" "JOB=1:$nj" "$exp/log/score_${name}_$system.JOB.log" "$PYTHON" -m lass.bin score \
                "${scored[@]}" "${scratching[@]}" --job JOB
            lass score "${scored[@]}" --finish
        done
    done
    for name in ${published_sets-}; do
        mkdir -p "$data/benchmark"
        ln -sfn "$(realpath "$corpus")" "$data/benchmark/data"
        if [ -n "${published_clips-}" ]; then
            mkdir -p "$data/benchmark/clips"
            ln -sfn "$(realpath "$corpus")/$published_clips" "$data/benchmark/clips/$recipe"
            lists=$(absolute "${benchmark:-$lass_egs/../benchmark}")/metadata
            ln -sfn "$(realpath -m "$lists")" "$data/benchmark/metadata"
        fi
        forget "$exp/sep/$name" "$exp/score/$name"
        launch --verbose --gpu "$gpu" --num_threads "$num_threads" "$exp/log/benchmark_$name.log" \
            "$PYTHON" -m lass.bin benchmark --model "$exp/model" --out "$exp" --root "$data/benchmark" \
            --num_jobs "$nj" --sets "$name"
    done
fi

if wanted 9 report; then
    paper=()
    [ ! -f conf/paper.yaml ] || paper=(--paper conf/paper.yaml) # published rows
    lass report "$exp" "${part_exps[@]}" --out RESULTS.md --figures "$exp/report" "${paper[@]}"
fi

if wanted 10 pack; then
    lass pack "$exp" --licence "$licence"
fi
