using RecordingPlatform.AppHost.Local;

namespace Aspire.Hosting
{
    public static partial class ResourceBuilderExtensions
    {
        /// <param name="builder">A resource that listens.</param>
        /// <param name="port">The port it must have, or null for any free one.</param>
        /// <param name="targetPort">Used when <paramref name="port"/> is null: without a proxy both are the same port.</param>
        /// <param name="name">"http" when null.</param>
        /// <param name="env">The variable that receives the port; projects receive <c>ASPNETCORE_URLS</c> anyway.</param>
        /// <param name="isProxied">Without meaning here: processes listen themselves.</param>
        public static IResourceBuilder<T> WithHttpEndpoint<T>(
            this IResourceBuilder<T> builder, int? port = null, int? targetPort = null, string? name = null, string? env = null, bool? isProxied = null)
            where T : IResourceWithEndpoints
        {
            var endpoints = builder.State().Endpoints;
            name ??= "http";
            if (endpoints.Any(e => e.Name == name))
            {
                throw new InvalidOperationException($"{builder.Resource.Name} already has an endpoint named {name}.");
            }

            endpoints.Add(new(name, port ?? targetPort, env));
            return builder;
        }

        public static IResourceBuilder<T> WithExternalHttpEndpoints<T>(this IResourceBuilder<T> builder)
            where T : IResourceWithEndpoints
        {
            foreach (var endpoint in builder.State().Endpoints)
            {
                endpoint.IsExternal = true;
            }

            return builder;
        }

        /// <summary>The resource counts as up when its first endpoint answers <paramref name="path"/> with the status (200 when null).</summary>
        public static IResourceBuilder<T> WithHttpHealthCheck<T>(
            this IResourceBuilder<T> builder, string? path = null, int? statusCode = null, string? endpointName = null)
            where T : IResourceWithEndpoints
        {
            builder.State().Health = new(path ?? "/", statusCode ?? 200);
            return builder;
        }

        public static EndpointReference GetEndpoint<T>(this IResourceBuilder<T> builder, string name)
            where T : IResourceWithEndpoints => new(builder.State(), name);
    }
}

namespace Aspire.Hosting.ApplicationModel
{
    /// <summary>The address of an endpoint, known once ports are given out.</summary>
    public sealed class EndpointReference : IValueProvider, IManifestExpressionProvider
    {
        readonly Resource _owner;
        readonly string _name;

        internal EndpointReference(Resource owner, string name) => (_owner, _name) = (owner, name);

        public ValueTask<string?> GetValueAsync(CancellationToken cancellationToken) => ValueTask.FromResult<string?>(Endpoint.Url);

        internal Endpoint Endpoint => _owner.Endpoints.Find(e => e.Name == _name)
            ?? throw new InvalidOperationException($"{_owner.Name} has no endpoint named {_name}.");
    }
}
