#pragma once

#include "cli/options.h"
#include "cli/output.h"

namespace keelson::cli {

/// One function a verb: does it, writes to `output`, returns the exit code of design section 5.
int run(const UpOptions&, Output&);
int run(const PlanOptions&, Output&);
int run(const DownOptions&, Output&);
int run(const DestroyOptions&, Output&);
int run(const StatusOptions&, Output&);
int run(const PsOptions&, Output&);
int run(const LogsOptions&, Output&);
int run(const EventsOptions&, Output&);
int run(const WaitOptions&, Output&);
int run(const WhyOptions&, Output&);
int run(const VerifyOptions&, Output&);
int run(const ParityOptions&, Output&);
int run(const DrillOptions&, Output&);
int run(const DrillListOptions&, Output&);
int run(const SwitchoverOptions&, Output&);
int run(const DoctorOptions&, Output&);
int run(const ConnectOptions&, Output&);
int run(const ExecOptions&, Output&);
int run(const EnvOptions&, Output&);
int run(const AccessOptions&, Output&);
int run(const SecretListOptions&, Output&);
int run(const SecretGetOptions&, Output&);
int run(const CertListOptions&, Output&);
int run(const CertRotateOptions&, Output&);
int run(const ArtifactsListOptions&, Output&);
int run(const ArtifactsFetchOptions&, Output&);
int run(const ArtifactsExportOptions&, Output&);
int run(const ArtifactsImportOptions&, Output&);
int run(const NetworkShowOptions&, Output&);
int run(const RenderOptions&, Output&);
int run(const ImagesBuildOptions&, Output&);
int run(const ImagesListOptions&, Output&);
int run(const ImagesLoadOptions&, Output&);
int run(const ExplainOptions&, Output&);
int run(const SchemaOptions&, Output&);
int run(const CompletionOptions&, Output&);
int run(const ReferenceOptions&, Output&);
int run(const VersionOptions&, Output&);
int run(const UnsupportedOptions&, Output&);
int run(const LaunchOptions&, Output&);
int run(const MemberOptions&, Output&);
int run(const ProbeOptions&, Output&);
int run(const RelayOptions&, Output&);
int run(const LookOptions&, Output&);
int run(const InsideOptions&, Output&);
int run(const PauseOptions&, Output&);
int run(const TellOptions&, Output&);
int run(const StrikeOptions&, Output&);
int run(const SignalOptions&, Output&);
int run(const WithOptions&, Output&);
int run(const NameLookupOptions&, Output&);
int run(const InternalOptions&, Output&);

}  // namespace keelson::cli
