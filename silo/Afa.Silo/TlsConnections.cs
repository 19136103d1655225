using System.Net.Security;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Connections.Security;

namespace Afa.Silo;

/// <summary>Mutual TLS on all connections of Orleans: both sides show a certificate of the cluster's authority, or nothing else is read or sent.</summary>
/// <remarks>
/// Silos are reached by addresses that come and go, so that no certificate can name them. What tells a silo from a client is one DNS name
/// that the certificates of all silos bear: whoever connects to a silo, as a client or as another silo, demands it, and so does a silo of whoever
/// connects to the port for silos. At the gateway any certificate of the authority will do.
/// </remarks>
/// <param name="files">Read again from time to time, so that a certificate can be renewed while the process runs.</param>
internal sealed class TlsConnections(TlsFiles files, TimeProvider time)
{
    private static readonly TimeSpan s_age = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private TlsIdentity _identity = files.Load();
    private long _readAt = time.GetTimestamp();

    /// <summary>What the files hold, at most 10 s old. While they cannot be used, as when one of two is replaced, the last that could.</summary>
    public TlsIdentity Identity(ILogger logger)
    {
        lock (_lock)
        {
            if (time.GetElapsedTime(_readAt) > s_age)
            {
                _readAt = time.GetTimestamp();
                try
                {
                    _identity = files.Load();
                }
                catch (InvalidDataException exception)
                {
                    logger.LogWarning("The TLS files cannot be used, and connections go on with what they held before: {Reason}", exception.Message);
                }
            }

            return _identity;
        }
    }

    public void Configure(SiloConnectionOptions connections)
    {
        connections.ConfigureSiloInboundConnection(builder => builder.UseServerTls(Options(builder, isSiloDemanded: true)));
        connections.ConfigureGatewayInboundConnection(builder => builder.UseServerTls(Options(builder, isSiloDemanded: false)));
        connections.ConfigureSiloOutboundConnection(builder => builder.UseClientTls(Options(builder, isSiloDemanded: true)));
    }

    public void Configure(ClientConnectionOptions connections) => connections.ConfigureConnection(builder => builder.UseClientTls(Options(builder, isSiloDemanded: true)));

    private TlsOptions Options(IConnectionBuilder builder, bool isSiloDemanded)
    {
        var logger = builder.ApplicationServices.GetRequiredService<ILogger<TlsConnections>>();
        return new TlsOptions
        {
            LocalServerCertificateSelector = (_, _) => Identity(logger).Own,   // Wanted by the constructor of Orleans' middleware; the context below takes its place.
            RemoteCertificateMode = RemoteCertificateMode.RequireCertificate,
            RemoteCertificateValidation = (certificate, _, errors) =>
                errors == SslPolicyErrors.None && (!isSiloDemanded || certificate.MatchesHostname(files.SiloName, allowWildcards: false, allowCommonName: false)),
            OnAuthenticateAsServer = (_, options) =>
            {
                var identity = Identity(logger);
                var server = (SslServerAuthenticationOptions)options.SslServerAuthenticationOptions;
                (server.ServerCertificateSelectionCallback, server.ServerCertificateContext) = (null, identity.Context);
                server.CertificateChainPolicy = identity.NewChainPolicy();
            },
            OnAuthenticateAsClient = (_, options) =>
            {
                var identity = Identity(logger);
                var client = (SslClientAuthenticationOptions)options.SslClientAuthenticationOptions;
                (client.TargetHost, client.ClientCertificateContext) = (files.SiloName, identity.Context);
                client.CertificateChainPolicy = identity.NewChainPolicy();
            },
        };
    }
}
