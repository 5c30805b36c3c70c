using RecordingPlatform.Core.Access;
using RecordingPlatform.ServiceDefaults.Metrics;

namespace RecordingPlatform.Api.Operations;

/// <summary>Who learns how the platform stands: a program on this machine, or whoever has the permission ops.read.</summary>
internal static class OperatorsOnly
{
    public static bool Allows(HttpContext http) => MetricsEndpoint.IsFromLoopback(http) || http.Features.Get<Caller>()?.May(Permission.OpsRead) == true;
}
