# A server of BNN Designer: the app, its workers and the compiled kernels. docs/server.md; compose.yaml adds a database.
FROM python:3.11-slim-bookworm

# A compiler, because the kernels are compiled for the machine that they run on (at the first start, into the cache), and oneDNN for
# the full-precision layers of packed networks.
RUN apt-get update \
    && apt-get install -y --no-install-recommends g++ libdnnl-dev \
    && rm -rf /var/lib/apt/lists/*

# The libraries first: they change less often than the program, and take most of the time.
WORKDIR /build
COPY requirements.txt requirements-server.txt ./
RUN pip install --no-cache-dir -r requirements.txt -r requirements-server.txt
COPY pyproject.toml setup.py MANIFEST.in requirements.in README.md LICENSE app.py ./
COPY .streamlit .streamlit
COPY bnn_designer bnn_designer
COPY pages pages
COPY results results
RUN pip install --no-cache-dir --no-deps . && rm -rf /build

# Nobody's server needs the superuser. Runs and drafts are kept in /data, what can be made again in /cache.
RUN useradd --create-home --uid 10001 bnn && install -d -o bnn -g bnn /data /cache
USER bnn
WORKDIR /home/bnn
ENV BNN_HOME=/data BNN_CACHE_DIR=/cache
VOLUME ["/data", "/cache"]
EXPOSE 8501
HEALTHCHECK --start-period=60s CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://localhost:8501/_stcore/health', timeout=3)"]
# The kernels before the first visitor; where they cannot be compiled the app says so and computes in floats.
CMD ["sh", "-c", "python -m bnn_designer.kernels.build; exec bnn-designer app --server.headless true --server.address 0.0.0.0"]
