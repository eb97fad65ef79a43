-- CreateSchema


-- CreateTable
CREATE TABLE "source" (
    "source_id" SERIAL NOT NULL,
    "name" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "settings" JSONB NOT NULL DEFAULT '{}',
    "declared" BOOLEAN NOT NULL DEFAULT true,
    "last_attempt_at" TIMESTAMPTZ(3),
    "last_success_at" TIMESTAMPTZ(3),
    "last_fact_at" TIMESTAMPTZ(3),
    "last_error" TEXT,
    "last_error_at" TIMESTAMPTZ(3),
    "detail" JSONB NOT NULL DEFAULT '{}',

    CONSTRAINT "source_pkey" PRIMARY KEY ("source_id")
);

-- CreateTable
CREATE TABLE "node" (
    "node_id" BIGSERIAL NOT NULL,
    "name" TEXT NOT NULL,
    "cluster" TEXT NOT NULL DEFAULT '',
    "origin" TEXT NOT NULL DEFAULT 'declared',

    CONSTRAINT "node_pkey" PRIMARY KEY ("node_id")
);

-- CreateTable
CREATE TABLE "node_alias" (
    "alias_id" BIGSERIAL NOT NULL,
    "node_id" BIGINT NOT NULL,
    "kind" TEXT NOT NULL,
    "alias" TEXT NOT NULL,
    "valid_from" TIMESTAMPTZ(3),
    "valid_to" TIMESTAMPTZ(3),

    CONSTRAINT "node_alias_pkey" PRIMARY KEY ("alias_id")
);

-- CreateTable
CREATE TABLE "deployment" (
    "deployment_id" SERIAL NOT NULL,
    "name" TEXT NOT NULL,
    "model" TEXT NOT NULL DEFAULT '',
    "team" TEXT NOT NULL DEFAULT '',
    "demand" BOOLEAN NOT NULL DEFAULT true,
    "go_live" TIMESTAMPTZ(3),

    CONSTRAINT "deployment_pkey" PRIMARY KEY ("deployment_id")
);

-- CreateTable
CREATE TABLE "deployment_match" (
    "match_id" SERIAL NOT NULL,
    "deployment_id" INTEGER NOT NULL,
    "labels" JSONB NOT NULL DEFAULT '{}',
    "gpus" INTEGER[] DEFAULT ARRAY[]::INTEGER[],
    "valid_from" TIMESTAMPTZ(3),
    "valid_to" TIMESTAMPTZ(3),

    CONSTRAINT "deployment_match_pkey" PRIMARY KEY ("match_id")
);

-- CreateTable
CREATE TABLE "layer_rule" (
    "rule_id" SERIAL NOT NULL,
    "ordinal" INTEGER NOT NULL,
    "match" TEXT NOT NULL,
    "scope" TEXT NOT NULL,
    "layer" TEXT NOT NULL DEFAULT '',

    CONSTRAINT "layer_rule_pkey" PRIMARY KEY ("rule_id")
);

-- CreateTable
CREATE TABLE "person" (
    "person" TEXT NOT NULL,
    "role" TEXT NOT NULL DEFAULT '',
    "timezone" TEXT NOT NULL DEFAULT 'UTC',
    "team" TEXT NOT NULL DEFAULT '',
    "workday_start" TEXT NOT NULL DEFAULT '09:00',
    "workday_end" TEXT NOT NULL DEFAULT '17:00',
    "holidays" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "extra" JSONB NOT NULL DEFAULT '{}',

    CONSTRAINT "person_pkey" PRIMARY KEY ("person")
);

-- CreateTable
CREATE TABLE "rate" (
    "role" TEXT NOT NULL,
    "valid_from" DATE NOT NULL,
    "currency" TEXT NOT NULL,
    "standard_per_year" DECIMAL NOT NULL,
    "actual_per_year" DECIMAL,
    "hours_per_year" DECIMAL NOT NULL,

    CONSTRAINT "rate_pkey" PRIMARY KEY ("role","valid_from")
);

-- CreateTable
CREATE TABLE "standby_rate" (
    "rotation" TEXT NOT NULL,
    "valid_from" DATE NOT NULL,
    "currency" TEXT NOT NULL,
    "per_hour" DECIMAL NOT NULL DEFAULT 0,
    "per_shift" DECIMAL NOT NULL DEFAULT 0,
    "holiday_factor" DECIMAL NOT NULL DEFAULT 1,

    CONSTRAINT "standby_rate_pkey" PRIMARY KEY ("rotation","valid_from")
);

-- CreateTable
CREATE TABLE "fx" (
    "day" DATE NOT NULL,
    "from_currency" TEXT NOT NULL,
    "to_currency" TEXT NOT NULL,
    "rate" DECIMAL NOT NULL,
    "source" TEXT NOT NULL DEFAULT '',

    CONSTRAINT "fx_pkey" PRIMARY KEY ("day","from_currency","to_currency")
);

-- CreateTable
CREATE TABLE "price" (
    "provider" TEXT NOT NULL,
    "model" TEXT NOT NULL,
    "class" TEXT NOT NULL,
    "valid_from" DATE NOT NULL,
    "origin" TEXT NOT NULL DEFAULT 'declared',
    "per_million" DECIMAL NOT NULL,
    "currency" TEXT NOT NULL,
    "source" TEXT NOT NULL DEFAULT '',

    CONSTRAINT "price_pkey" PRIMARY KEY ("provider","model","class","valid_from","origin")
);

-- CreateTable
CREATE TABLE "comparator" (
    "comparator_id" SERIAL NOT NULL,
    "name" TEXT NOT NULL,
    "kind" TEXT NOT NULL DEFAULT 'api',
    "tokenizer_ratio" DECIMAL NOT NULL DEFAULT 1,
    "output_ratio" DECIMAL NOT NULL DEFAULT 1,
    "settings" JSONB NOT NULL DEFAULT '{}',

    CONSTRAINT "comparator_pkey" PRIMARY KEY ("comparator_id")
);

-- CreateTable
CREATE TABLE "comparator_map" (
    "comparator_id" INTEGER NOT NULL,
    "deployment" TEXT NOT NULL,
    "provider" TEXT NOT NULL,
    "model" TEXT NOT NULL,

    CONSTRAINT "comparator_map_pkey" PRIMARY KEY ("comparator_id","deployment")
);

-- CreateTable
CREATE TABLE "projection" (
    "version" SERIAL NOT NULL,
    "recorded_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "document" JSONB NOT NULL,

    CONSTRAINT "projection_pkey" PRIMARY KEY ("version")
);

-- CreateTable
CREATE TABLE "config_version" (
    "version" SERIAL NOT NULL,
    "part" TEXT NOT NULL,
    "sha256" TEXT NOT NULL,
    "recorded_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "content" TEXT NOT NULL,

    CONSTRAINT "config_version_pkey" PRIMARY KEY ("version")
);

-- CreateTable
CREATE TABLE "audit_log" (
    "audit_id" BIGSERIAL NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "actor" TEXT NOT NULL,
    "action" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "detail" JSONB NOT NULL DEFAULT '{}',

    CONSTRAINT "audit_log_pkey" PRIMARY KEY ("audit_id")
);

-- CreateIndex
CREATE UNIQUE INDEX "source_name_key" ON "source"("name");

-- CreateIndex
CREATE UNIQUE INDEX "node_name_key" ON "node"("name");

-- CreateIndex
CREATE INDEX "node_alias_kind_alias_idx" ON "node_alias"("kind", "alias");

-- CreateIndex
CREATE INDEX "node_alias_node_id_idx" ON "node_alias"("node_id");

-- CreateIndex
CREATE UNIQUE INDEX "deployment_name_key" ON "deployment"("name");

-- CreateIndex
CREATE INDEX "deployment_match_deployment_id_idx" ON "deployment_match"("deployment_id");

-- CreateIndex
CREATE UNIQUE INDEX "comparator_name_key" ON "comparator"("name");

-- CreateIndex
CREATE INDEX "config_version_part_version_idx" ON "config_version"("part", "version");

-- AddForeignKey
ALTER TABLE "node_alias" ADD CONSTRAINT "node_alias_node_id_fkey" FOREIGN KEY ("node_id") REFERENCES "node"("node_id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "deployment_match" ADD CONSTRAINT "deployment_match_deployment_id_fkey" FOREIGN KEY ("deployment_id") REFERENCES "deployment"("deployment_id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "comparator_map" ADD CONSTRAINT "comparator_map_comparator_id_fkey" FOREIGN KEY ("comparator_id") REFERENCES "comparator"("comparator_id") ON DELETE CASCADE ON UPDATE CASCADE;


